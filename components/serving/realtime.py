"""An endpoint that is always awake: its own machines, in the private network, billed by the hour once a model is
deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from mlops_iac.components._kit import KeyRef, NetworkRef, Site
from mlops_iac.components.serving.ranges import within
from mlops_iac.components.serving.scaling import Scaling
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.instance_types import has_local_disk


@dataclass(frozen=True, kw_only=True)
class Realtime:
    """Predictions in milliseconds."""

    instance_type: str = "ml.m5.large"
    """Instance type. Left out: 2 vCPU, 8 GiB."""
    instances: int | None = None
    """Instances, 1 to 100. Left out: two, in two zones, except one under `sandbox`."""
    scaling: Scaling | None = None
    """As many instances as the requests need, instead of `instances`. Left out: always the same number."""

    word: ClassVar[Literal["realtime", "async"]] = "realtime"
    guarded: ClassVar[bool] = True
    """Whether alarms may take a deployment back."""
    isolated: ClassVar[bool] = True

    def check(self) -> None:
        if self.instances is not None:
            within("instances", self.instances, 1, 100)
        if self.scaling is not None:
            self.scaling.check(self.instance_type)
            if self.instances is not None:
                detail = f"`instances` is {self.instances}, and `scaling` has bounds for them."
                raise BlueprintError("Two numbers of instances.", detail, hint="leave one of them out.")

    def variant(self, site: Site) -> dict[str, Any]:
        if self.scaling is not None:
            return {"InstanceType": self.instance_type, "InitialInstanceCount": self.scaling.first}
        count = self.instances if self.instances is not None else (1 if site.profile == "sandbox" else 2)
        return {"InstanceType": self.instance_type, "InitialInstanceCount": count}

    def network_of(self, given: NetworkRef | None) -> NetworkRef | None:
        return given

    def disk_key_of(self, given: KeyRef | None) -> KeyRef | None:
        """None for machines with disks of their own: AWS refuses a key there, their hardware encrypts."""
        return None if has_local_disk(self.instance_type) else given
