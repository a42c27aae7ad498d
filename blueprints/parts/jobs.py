"""Jobs on SageMaker: what the steps of a pipeline run on."""

from __future__ import annotations

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.components.compute.sagemaker import SageMakerCompute, SageMakerComputeArgs
from mlops_iac.core.frameworks import get_framework

READ = ("raw", "curated", "features", "models", "code/")
WRITTEN = ("curated", "features", "models")
"""What jobs read and write of the lake."""


class Jobs:
    """SageMaker jobs that may read the lake and write what they make."""

    def __init__(self, foundation: Foundation, options: TrainingOptions) -> None:
        self.framework = get_framework(options.framework.name, options.framework.version)
        site = foundation.site
        self.compute = SageMakerCompute(site.named("compute"), self._args(foundation, options))
        foundation.lake.grant_read(self.compute.role, *READ)
        foundation.lake.grant_write(self.compute.role, *WRITTEN)

    def _args(self, foundation: Foundation, options: TrainingOptions) -> SageMakerComputeArgs:
        """Limits are what the steps ask for: no job of this environment may be larger."""
        machines = options.machines
        return SageMakerComputeArgs(
            images=(self.framework.image(foundation.site.region, "training"),),
            instance_type=machines["train"].instance_type,
            allowed_instance_types=tuple(sorted({machine.instance_type for machine in machines.values()})),
            max_runtime_seconds=max(machine.max_minutes for machine in machines.values()) * 60,
            network_isolation=foundation.site.isolated,
            network=foundation.network,
            key=foundation.key,
            boundary=foundation.boundary,
        )
