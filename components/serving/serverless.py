"""An endpoint that scales to zero: billed by the millisecond of a request, nothing in between."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from mlops_iac.components._kit import KeyRef, Named
from mlops_iac.components.serving.endpoint import Endpoint, EndpointArgs, EndpointNodes, within
from mlops_iac.core.errors import BlueprintError

__all__ = ["EndpointNodes", "ServerlessEndpoint", "ServerlessEndpointArgs"]

MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)
"""The sizes that SageMaker offers (ProductionVariantServerlessConfig)."""


@dataclass(frozen=True, kw_only=True)
class ServerlessEndpointArgs(EndpointArgs):
    """What a team may say about a serverless endpoint. AWS offers it no private network, no isolation and no GPU."""

    memory_mb: int = 2048
    """Memory of each instance in MB; CPU grows with it. Left out: 2048."""
    max_concurrency: int = 5
    """Requests at one time, 1 to 200; more are refused. Left out: 5."""
    key: KeyRef | None = None
    """Reads the lake's models and encrypts the log. Left out: AWS-managed encryption."""


class ServerlessEndpoint(Endpoint):
    """Predictions on request, with a cold start of seconds after a pause."""

    def __init__(
        self, place: Named, args: ServerlessEndpointArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or ServerlessEndpointArgs()
        _check(args)
        super().__init__(place, args.transforms, opts)
        size = {"MemorySizeInMB": args.memory_mb, "MaxConcurrency": args.max_concurrency}
        self._declare(args, "serverless", {"ServerlessConfig": size}, key=args.key, network=None)


def _check(args: ServerlessEndpointArgs) -> None:
    within("max_concurrency", args.max_concurrency, 1, 200)
    if args.memory_mb not in MEMORY_MB:
        sizes = ", ".join(map(str, MEMORY_MB))
        detail = f"Serving's `memory_mb` is {args.memory_mb}; it may be {sizes}."
        raise BlueprintError("Value out of range.", detail, hint="choose one of these sizes.")
