"""What the blueprints have in common that train, gate and serve one model."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from mlops_iac.blueprints import Compiled
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.monitoring_pipeline import monitoring, with_baseline
from mlops_iac.blueprints.parts.queue_options import QueueOptions
from mlops_iac.blueprints.parts.serve_options import ServeOptions, Serverless, Serving
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.compile.bindings import PLACEHOLDER_ASYNC, Bindings, EndpointBinding
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
        if isinstance(options, ServeOptions):
            bindings = replace(bindings, endpoints={"main": _endpoint(bindings.endpoints["main"], options.serving)})
        if not (isinstance(options, QueueOptions) and options.batch.enabled):
            bindings = replace(bindings, queues={})
        return Compiled(options.orchestrator, get_target(options.orchestrator).compile(pipeline, bindings))


def _endpoint(known: EndpointBinding, serving: Serving) -> EndpointBinding:
    """What a pipeline is checked against before anything exists: the flavour and its sizes, which are the team's."""
    if isinstance(serving, Serverless):
        return known
    return replace(
        known,
        flavour=serving.flavour,
        variant={
            "VariantName": "main",
            "InstanceType": serving.instance_type,
            "InitialInstanceCount": serving.instance_count,
        },
        asynchronous=PLACEHOLDER_ASYNC if serving.flavour == "async" else None,
        alarms=("placeholder",),
    )
