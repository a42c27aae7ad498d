"""What the blueprints have in common that train, gate and serve one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from mlops_iac.blueprints import Compiled
from mlops_iac.blueprints.parts import spark_options, warehouse_options
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.monitoring_pipeline import monitoring, with_baseline
from mlops_iac.blueprints.parts.promotion_options import PromotionOptions
from mlops_iac.blueprints.parts.promotion_pipeline import promotion
from mlops_iac.blueprints.parts.queue_options import QueueOptions
from mlops_iac.blueprints.parts.run_options import RunOptions
from mlops_iac.blueprints.parts.serve_options import ServeOptions, Serverless, Serving
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.parts.vector_options import VectorOptions
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core.access import partition_of
from mlops_iac.core.frameworks import Framework, get_framework
from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.compile.bindings import PLACEHOLDER_ASYNC, Bindings, EndpointBinding, QueueBinding
from mlops_iac.pipelines.pipeline import Pipeline

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.core.environment import Environment

TRAINING = "training"
Runs = RunOptions | TrainingOptions


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
    signs: ClassVar[bool] = False
    """Whether models are signed when they are registered, and verified before they serve."""

    def needs_second_person(self, options: Any) -> bool:
        """Whether a run is approved by somebody else than who started it."""
        return False

    def pipelines(self, options: TrainingOptions) -> tuple[Pipeline, ...]:
        whole = self.training(options)
        asked = options.monitoring if isinstance(options, MonitoringOptions) else None
        found = (with_baseline(whole, asked), monitoring(asked)) if asked else (whole,)
        return (*found, *self.following(options, found))

    def training(self, options: TrainingOptions) -> Pipeline:
        """From the team's data to a served model."""
        return training(options, options.serving.strategy if isinstance(options, ServeOptions) else None)

    def following(self, options: TrainingOptions, pipelines: Sequence[Pipeline]) -> tuple[Pipeline, ...]:
        """Those that are made of the training: of the blueprint's, or as a team's own file changes it."""
        if not isinstance(options, PromotionOptions) or not options.promotion.sources:
            return ()
        return tuple(promotion(one, options.promotion) for one in pipelines if one.name == TRAINING)

    def compile(self, stack: StackConfig, options: Runs, pipeline: Pipeline) -> Compiled:
        framework = get_framework(options.framework.name, options.framework.version)
        images = {kind: framework.image(stack.region, "training", kind) for kind in framework.processors}
        bindings = Bindings.placeholder(
            stack.stack, stack.region, training_images=images, tags=stack.tags, tracking=options.tracking
        )
        if isinstance(options, ServeOptions):
            bindings = replace(bindings, endpoints={"main": _endpoint(bindings.endpoints["main"], options.serving)})
        if self.signs:
            place = f"arn:{partition_of(stack.region)}:lambda:{stack.region}:123456789012"
            signed = f"{place}:function:{stack.stack}-placeholder-verifier"
            bindings = replace(bindings, verifier_arn=signed)
        bindings = replace(bindings, queues=_queues(stack, options, framework))
        if not isinstance(options, VectorOptions):
            bindings = replace(bindings, vector_stores={})
        from mlops_iac.blueprints.parts.external import bound

        bindings = replace(bindings, external=bound(options))
        if warehouse_options.asked(options) is None:
            bindings = replace(bindings, warehouses={})
        if spark_options.asked(options) is None:
            bindings = replace(bindings, spark={})
        return Compiled(options.orchestrator, get_target(options.orchestrator).compile(pipeline, bindings))

    def build(self, site: Site, stack: StackConfig, options: Any, pipelines: Sequence[Pipeline]) -> Environment:
        """Make the resources: those of each layer that the options speak of. Called inside a Pulumi program."""
        from mlops_iac.blueprints.parts.build import build

        return build(site, stack, options, pipelines, signs=self.signs, two_person=self.needs_second_person(options))


def _queues(stack: StackConfig, options: Runs, framework: Framework) -> dict[str, QueueBinding]:
    """Those whose machines the framework has an image for."""
    if not isinstance(options, QueueOptions):
        return {}
    return {
        name: QueueBinding.placeholder(stack.stack, stack.region, name)
        for name, pool in options.batch.pools.items()
        if pool.processor in framework.processors
    }


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
            "InitialInstanceCount": serving.first,
        },
        asynchronous=PLACEHOLDER_ASYNC if serving.flavour == "async" else None,
        alarms=("placeholder",),
        scaler_arn="placeholder" if serving.scaling else None,
    )
