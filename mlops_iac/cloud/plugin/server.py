"""The service on a port of 127.0.0.1."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from mlops_iac.cloud.plugin.callers import LOOPBACK, OwnCallersOnly
from mlops_iac.cloud.plugin.service import PACKAGE, PluginService
from mlops_iac.core.errors import UsageError
from mlops_iac.engine.handler import Provider

THREADS: Final = 64
"""Calls answered at once; the Pulumi CLI makes at most four for each of its processor cores unless told otherwise."""

LARGEST_MESSAGE: Final = 400 * 1024 * 1024
"""Bytes: the Pulumi engine's own limit (pulumi/pulumi, ``sdk/go/common/util/rpcutil``)."""

LAST_CALLS: Final = 30.0
"""Seconds that calls in flight are given when the server stops."""


class PluginServer:
    """Serves from `start` until `stop`. ``port`` 0 takes a free one."""

    def __init__(self, provider: Provider, port: int = 0) -> None:
        sizes = [
            ("grpc.max_receive_message_length", LARGEST_MESSAGE),
            ("grpc.max_send_message_length", LARGEST_MESSAGE),
        ]
        alone = [("grpc.so_reuseport", 0)]  # two servers on one port would share the calls
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="plugin")
        own = [OwnCallersOnly(lambda: self.port)]
        self._server = grpc.server(pool, interceptors=own, options=[*sizes, *alone])
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(PluginService(provider), self._server)
        try:
            self.port: int = self._server.add_insecure_port(f"{LOOPBACK}:{port}")
        except RuntimeError as error:
            raise UsageError(
                "The port is taken.",
                f"Nothing can listen on {LOOPBACK}:{port}.",
                hint="leave --port out to take a free one.",
            ) from error

    @property
    def environment(self) -> dict[str, str]:
        """What a Pulumi CLI must be started with to use it."""
        return {"PULUMI_DEBUG_PROVIDERS": f"{PACKAGE}:{self.port}"}

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        """Stop taking calls, and wait for those in flight."""
        self._server.stop(LAST_CALLS).wait()
