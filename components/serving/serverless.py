"""An endpoint that scales to zero: billed by the millisecond of a request, nothing in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from mlops_iac.components._kit import KeyRef, NetworkRef, Site
from mlops_iac.components.serving.ranges import within
from mlops_iac.core.errors import BlueprintError

MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)
"""The sizes that SageMaker offers (ProductionVariantServerlessConfig)."""


@dataclass(frozen=True, kw_only=True)
class Serverless:
    """Predictions on request, with a cold start of seconds after a pause. AWS offers it no private network, no
    isolation, no key for its disks and no GPU."""

    memory_mb: int = 2048
    """Memory of each instance in MB; CPU grows with it. Left out: 2048."""
    max_concurrency: int = 5
    """Requests at one time, 1 to 200; more are refused. Left out: 5."""

    word: ClassVar[Literal["serverless"]] = "serverless"
    guarded: ClassVar[bool] = False
    """Whether alarms may take a deployment back."""
    isolated: ClassVar[bool] = False
    scaling: ClassVar[None] = None
    """AWS scales it by itself."""

    def check(self) -> None:
        within("max_concurrency", self.max_concurrency, 1, 200)
        if self.memory_mb not in MEMORY_MB:
            sizes = ", ".join(map(str, MEMORY_MB))
            detail = f"Serving's `memory_mb` is {self.memory_mb}; it may be {sizes}."
            raise BlueprintError("Value out of range.", detail, hint="choose one of these sizes.")

    def variant(self, site: Site) -> dict[str, Any]:
        return {"ServerlessConfig": {"MemorySizeInMB": self.memory_mb, "MaxConcurrency": self.max_concurrency}}

    def network_of(self, given: NetworkRef | None) -> NetworkRef | None:
        return None

    def disk_key_of(self, given: KeyRef | None) -> KeyRef | None:
        return None
