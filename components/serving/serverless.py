"""An endpoint that scales to zero: billed by the millisecond of a request, nothing in between.

Unless some of it stays awake (SageMaker's provisioned concurrency), which is billed by the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from mlops_iac.components._kit import KeyRef, NetworkRef, Site
from mlops_iac.components.serving.ranges import within
from mlops_iac.components.serving.scaling import ConcurrencyScaling
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
    provisioned_concurrency: int = 0
    """Requests at one time for which it stays awake, so that none of them meets a cold start; up to
    ``max_concurrency``. Left out: none, which costs nothing."""
    scaling: ConcurrencyScaling | None = None
    """As many of these as the requests need, instead of ``provisioned_concurrency``. Left out: always that many. Of how
    many it answers beyond them, up to ``max_concurrency``, AWS decides by itself."""

    word: ClassVar[Literal["serverless"]] = "serverless"
    guarded: ClassVar[bool] = False
    """Whether alarms may take a deployment back."""
    isolated: ClassVar[bool] = False

    def check(self) -> None:
        within("max_concurrency", self.max_concurrency, 1, 200)
        if self.memory_mb not in MEMORY_MB:
            sizes = ", ".join(map(str, MEMORY_MB))
            detail = f"Serving's `memory_mb` is {self.memory_mb}; it may be {sizes}."
            raise BlueprintError("Value out of range.", detail, hint="choose one of these sizes.")
        if self.scaling is None:
            within("provisioned_concurrency", self.provisioned_concurrency, 0, self.max_concurrency)
            return
        within("scaling.at_least", self.scaling.at_least, 1, self.max_concurrency)
        within("scaling.at_most", self.scaling.at_most, self.scaling.at_least, self.max_concurrency)

    def variant(self, site: Site) -> dict[str, Any]:
        config = {"MemorySizeInMB": self.memory_mb, "MaxConcurrency": self.max_concurrency}
        if awake := self.scaling.first if self.scaling else self.provisioned_concurrency:
            config["ProvisionedConcurrency"] = awake
        return {"ServerlessConfig": config}

    def network_of(self, given: NetworkRef | None) -> NetworkRef | None:
        return None

    def disk_key_of(self, given: KeyRef | None) -> KeyRef | None:
        return None
