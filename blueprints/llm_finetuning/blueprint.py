"""The bill of materials of llm-finetuning."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.llm_finetuning.options import LlmFinetuningOptions
from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.blueprints.parts.training_options import TrainingOptions

if TYPE_CHECKING:
    from mlops_iac.pipelines.pipeline import Pipeline


class LlmFinetuning(TrainingBlueprint):
    """Data lake, GPU trainings that survive an interruption, a task suite as gate, a registry, an endpoint, alarms."""

    name: ClassVar[str] = "llm-finetuning"
    summary: ClassVar[str] = "Tune a language model on GPUs, LoRA or whole, gate it by a task suite, and serve it."
    about: ClassVar[About] = About(
        use_for="a model of your own words: answers, labels or code in the form that your prompts ask for",
        not_for="asking a model that is served elsewhere; tables (tabular-batch)",
        orchestrator="Step Functions, SageMaker Pipelines or Airflow",
        compute="SageMaker jobs on GPUs, by spot",
        example="answers",
    )
    Options: ClassVar[type[LlmFinetuningOptions]] = LlmFinetuningOptions

    def training(self, options: TrainingOptions) -> Pipeline:
        from mlops_iac.blueprints.llm_finetuning.pipeline import tuning

        assert isinstance(options, LlmFinetuningOptions)
        return tuning(super().training(options), options)
