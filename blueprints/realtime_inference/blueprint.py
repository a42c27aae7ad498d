"""The bill of materials of realtime-inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.blueprints.realtime_inference.options import RealtimeInferenceOptions

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment
    from mlops_iac.pipelines.pipeline import Pipeline


class RealtimeInference(TrainingBlueprint):
    """Data lake, SageMaker jobs, a pipeline, a model registry, an endpoint on its own machines, and alarms."""

    name: ClassVar[str] = "realtime-inference"
    summary: ClassVar[str] = "Train, gate, register and serve in milliseconds, on machines that are always awake."
    Options: ClassVar[type[RealtimeInferenceOptions]] = RealtimeInferenceOptions

    def build(
        self, site: Site, stack: StackConfig, options: RealtimeInferenceOptions, pipelines: Sequence[Pipeline]
    ) -> Environment:
        """Make the resources. Called inside a Pulumi program."""
        from mlops_iac.blueprints.realtime_inference.build import build

        return build(site, stack, options, pipelines)
