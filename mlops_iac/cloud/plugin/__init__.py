"""The handlers as a provider plugin of the real Pulumi engine: ``pulumirpc.ResourceProvider`` on loopback.

The Pulumi CLI attaches to it when ``PULUMI_DEBUG_PROVIDERS=aws:PORT`` is set, and then deploys the same program into
the embedded cloud. The protocol is pulumi/pulumi's ``proto/pulumi/provider.proto``.
"""
