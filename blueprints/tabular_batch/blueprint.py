"""The bill of materials of tabular-batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.blueprints.tabular_batch.options import TabularBatchOptions

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment
    from mlops_iac.pipelines.pipeline import Pipeline


class TabularBatch(TrainingBlueprint):
    """Data lake, SageMaker jobs, a pipeline, a model registry, an endpoint and alarms."""

    name: ClassVar[str] = "tabular-batch"
    summary: ClassVar[str] = "Train, gate, register and serve a model on tabular data; idle, it costs next to nothing."
    Options: ClassVar[type[TabularBatchOptions]] = TabularBatchOptions

    def build(
        self, site: Site, stack: StackConfig, options: TabularBatchOptions, pipelines: Sequence[Pipeline]
    ) -> Environment:
        """Make the resources. Called inside a Pulumi program."""
        from mlops_iac.blueprints.tabular_batch.build import build

        return build(site, stack, options, pipelines)
