"""What the blueprints have in common that train, gate and serve one model."""

from __future__ import annotations

from typing import ClassVar

from mlops_iac.blueprints import Compiled
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.monitoring_pipeline import monitoring, with_baseline
from mlops_iac.blueprints.parts.serve_options import ServeOptions
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline


class TrainingBlueprint:
    """A data lake, SageMaker jobs, a pipeline, a model registry, an endpoint and alarms."""

    layers: ClassVar[tuple[str, ...]] = (
        "network",
        "encryption",
        "identity",
        "data_lake",
        "compute",
        "registry",
        "serving",
        "orchestrator",
        "monitoring",
    )

    def pipelines(self, options: TrainingOptions) -> tuple[Pipeline, ...]:
        whole = training(options, options.serving.strategy if isinstance(options, ServeOptions) else None)
        asked = options.monitoring if isinstance(options, MonitoringOptions) else None
        return (with_baseline(whole, asked), monitoring(asked)) if asked else (whole,)

    def compile(self, stack: StackConfig, options: TrainingOptions, pipeline: Pipeline) -> Compiled:
        framework = get_framework(options.framework.name, options.framework.version)
        images = {kind: framework.image(stack.region, "training", kind) for kind in framework.processors}
        bindings = Bindings.placeholder(stack.stack, stack.region, training_images=images, tags=stack.tags)
        return Compiled(options.orchestrator, get_target(options.orchestrator).compile(pipeline, bindings))
