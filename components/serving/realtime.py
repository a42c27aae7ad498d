"""An endpoint that is always awake: its own machines, in the private network, billed by the hour once a model is
deployed."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from mlops_iac.components._kit import KeyRef, Named, NetworkRef
from mlops_iac.components.serving.endpoint import Endpoint, EndpointArgs, EndpointNodes, within

__all__ = ["EndpointNodes", "RealtimeEndpoint", "RealtimeEndpointArgs"]


@dataclass(frozen=True, kw_only=True)
class RealtimeEndpointArgs(EndpointArgs):
    """What a team may say about a real-time endpoint."""

    instance_type: str = "ml.m5.large"
    """Instance type. Left out: 2 vCPU, 8 GiB."""
    instances: int | None = None
    """Instances, 1 to 100. Left out: two, in two zones, except one under `sandbox`."""
    network: NetworkRef | None = None
    """Private network of its models. Left out: SageMaker's own."""
    key: KeyRef | None = None
    """Encrypts disks and the log, and reads the lake's models. Left out: AWS-managed encryption."""


class RealtimeEndpoint(Endpoint):
    """Predictions in milliseconds."""

    def __init__(
        self, place: Named, args: RealtimeEndpointArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or RealtimeEndpointArgs()
        count = args.instances if args.instances is not None else (1 if place.site.profile == "sandbox" else 2)
        within("instances", count, 1, 100)
        super().__init__(place, args.transforms, opts)
        size = {"InstanceType": args.instance_type, "InitialInstanceCount": count}
        self._declare(args, "realtime", size, key=args.key, network=args.network)
