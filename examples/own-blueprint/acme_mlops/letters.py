"""The blueprint: tabular-batch, with a letterbox where each run leaves word of the model that it put into service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from acme_mlops.letter import LetterStep
from acme_mlops.options import LettersOptions
from mlops_iac.blueprints import About
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.tabular_batch import TabularBatch
from mlops_iac.pipelines.pipeline import Pipeline

if TYPE_CHECKING:
    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment


class Letters(TabularBatch):
    """What tabular-batch has, and a letterbox."""

    name: ClassVar[str] = "acme-letters"
    summary: ClassVar[str] = "Train and serve a model as tabular-batch does, and tell Acme's other systems of each one."
    about: ClassVar[About] = TabularBatch.about._replace(
        use_for="models that other systems of Acme wait for", orchestrator="Step Functions", example=""
    )
    Options: ClassVar[type[LettersOptions]] = LettersOptions
    layers: ClassVar[tuple[str, ...]] = (*TabularBatch.layers, "letterbox")

    def training(self, options: TrainingOptions) -> Pipeline:
        """The letter is the last step: by then the model answers."""
        whole = super().training(options)
        package = whole.get_step("register").output("package")
        letter = LetterStep(name="letter", about=package, after=("deploy",))
        return whole.model_copy(update={"steps": (*whole.steps, letter)})

    def build(
        self, site: Site, stack: StackConfig, options: LettersOptions, pipelines: Sequence[Pipeline]
    ) -> Environment:
        """Make the resources. Called inside a Pulumi program."""
        from acme_mlops.build import build

        return build(site, stack, options, pipelines)
