"""The bill of materials of regulated-private: realtime-inference's, with a second person and signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mlops_iac.blueprints import About
from mlops_iac.blueprints.parts.training_blueprint import TrainingBlueprint
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.regulated_private.options import RegulatedPrivateOptions
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import ApprovalStep

if TYPE_CHECKING:
    pass


class RegulatedPrivate(TrainingBlueprint):
    """Data lake, SageMaker jobs, a pipeline that waits for a second person, signed models, an endpoint and alarms."""

    name: ClassVar[str] = "regulated-private"
    summary: ClassVar[str] = "Train, have a second person approve, sign and serve; keep what auditors ask about."
    about: ClassVar[About] = About(
        use_for="a model about which somebody will ask who approved it, what it was trained on and whether it changed",
        not_for="trying things: two people per model, and a bill by the hour for private ways to AWS (tabular-batch)",
        orchestrator="Step Functions, SageMaker Pipelines or Airflow",
        compute="SageMaker jobs, endpoint on its own machines",
        example="screening",
        scripts="tabular",
    )
    Options: ClassVar[type[RegulatedPrivateOptions]] = RegulatedPrivateOptions
    signs: ClassVar[bool] = True

    def needs_second_person(self, options: RegulatedPrivateOptions) -> bool:
        return options.approvals == "two-person"

    def training(self, options: TrainingOptions) -> Pipeline:
        """A person is asked when the gate has let the model pass, before it is registered and signed."""
        whole = super().training(options)
        approve = ApprovalStep(name="approve", after=("gate",), question="May this model be registered and served?")
        register = whole.get_step("register").model_copy(update={"after": ("approve",)})
        steps = [register if step.name == "register" else step for step in whole.steps]
        at = steps.index(register)
        return whole.model_copy(update={"steps": (*steps[:at], approve, *steps[at:])})
