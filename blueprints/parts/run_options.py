"""What a team may say about what runs its pipelines, whatever these are."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mlops_iac.blueprints import BLUEPRINTS
from mlops_iac.config.section import Section
from mlops_iac.core.errors import ConfigError
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.compile.bindings import Tracking as TrackingKind

CANNOT_TRACK = {
    "wandb": "scripts log to Weights & Biases themselves: name it under `external` (`kind: wandb`) and let the step "
    "that trains use it (`uses: [wandb]` in pipelines/training.yaml); `mlflow` takes what they log without a network",
}
"""Services that teams ask for, and how they are had."""


class Framework(Section):
    name: str = Field(
        default="sklearn", description="The framework your scripts are written for: sklearn, xgboost or pytorch."
    )
    version: str = Field(default="1.4-2", description="Its version, as AWS's framework images are tagged.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        try:
            get_framework(self.name, self.version)
        except ConfigError as error:
            raise ValueError(error.detail) from None
        return self


def _check_orchestrator(value: Any) -> Any:
    """A platform runs a team's own pipelines, and has a blueprint of its own."""
    if isinstance(value, str) and f"{value}-platform" in BLUEPRINTS:
        raise ValueError(
            f"{value} runs pipelines that are written for it, and none of steps: `blueprint: {value}-platform`"
        )
    return value


def _check_tracking(value: Any) -> Any:
    if isinstance(value, str) and (reason := CANNOT_TRACK.get(value)):
        raise ValueError(reason)
    return value


Orchestrator = Annotated[
    Literal["step-functions", "sagemaker-pipelines", "airflow"],
    BeforeValidator(_check_orchestrator),
    Field(
        description="What runs the pipeline: AWS Step Functions; SageMaker Pipelines, which shows runs in SageMaker "
        "Studio; or Apache Airflow on Amazon MWAA, an environment that is billed by the hour.",
    ),
]
USUAL_ORCHESTRATOR: Final = "step-functions"
OF_SAGEMAKER: Final = "sagemaker-pipelines"
"""The orchestrator that is SageMaker's own."""
Tracking = Annotated[
    TrackingKind,
    BeforeValidator(_check_tracking),
    Field(
        description="Where runs are logged when they are over: in MLflow (an app that SageMaker manages, free when "
        "idle), with what scripts log themselves, in SageMaker's experiments, or nowhere else than in the "
        "environment's own records.",
    ),
]


class RunOptions(Section):
    """The options of a blueprint whose pipelines are the team's own."""

    framework: Framework = Field(default=Framework(), description="What your notebooks and scripts are written for.")
    orchestrator: Orchestrator = Field(default=USUAL_ORCHESTRATOR)
    tracking: Tracking = Field(default="none")

    @property
    def usual_instance_type(self) -> str:
        """Of a job that names none."""
        return "ml.m5.large"
