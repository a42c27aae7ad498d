"""What a team may say about its training pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from mlops_iac.blueprints.parts.run_options import USUAL_ORCHESTRATOR, Framework, Orchestrator, Tracking
from mlops_iac.config.section import Section
from mlops_iac.core.errors import Problem
from mlops_iac.core.script_mode import MOST_INSTANCES
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.names import MetricPath, Word
from mlops_iac.pipelines.parameters import find_mismatch
from mlops_iac.pipelines.steps.folders import LocalPath, VariableName
from mlops_iac.pipelines.steps.processing import USUAL_PATHS
from mlops_iac.pipelines.triggers import MOST_TRIGGERS, Triggers

ScriptName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*\.py$", max_length=200)]
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]


class Scripts(Section):
    """File names inside the code folder."""

    validate_data: ScriptName = Field(
        default="validate.py", alias="validate", description="Checks new data; a failure stops the run."
    )
    prepare: ScriptName = Field(default="prepare.py", description="Makes the features and splits train from test.")
    train: ScriptName = Field(default="train.py", description="Trains a model and saves it in SM_MODEL_DIR.")
    evaluate: ScriptName = Field(default="evaluate.py", description="Measures the model and writes evaluation.json.")


class Gate(Section):
    metric: MetricPath = Field(
        default="auc",
        description="The metric that decides: a name below `metrics` in evaluation.json, such as auc, or a path from "
        "the file's top, such as regression_metrics.mse.value.",
    )
    at_least: float | None = Field(
        default=None, allow_inf_nan=False, description="The metric must reach this. Left out: see at_most."
    )
    at_most: float | None = Field(
        default=None, allow_inf_nan=False, description="The metric must not pass this. Left out: see at_least."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("say exactly one of `at_least` and `at_most`")
        return self

    @property
    def direction(self) -> Literal["at_least", "at_most"]:
        return "at_least" if self.at_least is not None else "at_most"

    @property
    def bound(self) -> float:
        bound = self.at_least if self.at_least is not None else self.at_most
        assert bound is not None
        return bound


class Machine(Section):
    instance_type: InstanceType = Field(
        default="ml.m5.large", description="SageMaker instance type. Prices and generations change, so you decide."
    )
    instance_count: int = Field(default=1, ge=1, le=20, description="How many instances share the work.")
    volume_gib: int = Field(default=30, ge=1, le=16384, description="Disk of each instance, in GiB.")
    max_minutes: int = Field(
        default=60, ge=1, le=40320, description="The job is stopped, and the run fails, after this many minutes."
    )


class Instances(Section):
    """The machines of each step. A step that is left out uses one ml.m5.large for at most an hour."""

    validate_data: Machine = Field(default=Machine(), alias="validate", description="Machines that check new data.")
    prepare: Machine = Field(default=Machine(), description="Machines that make features.")
    train: Machine = Field(default=Machine(), description="Machines that train.")
    evaluate: Machine = Field(default=Machine(), description="Machines that measure the model.")


class Script(Section):
    """How one processing script is called."""

    paths: Literal["samples"] | dict[Word, LocalPath] = Field(
        default={},
        description="Where the script finds its inputs and leaves its outputs: name to a path below "
        "/opt/ml/processing, or `samples` for those of AWS's own samples (/opt/ml/processing/train, /test, /model, "
        "/evaluation). Left out: /opt/ml/processing/input/NAME and /opt/ml/processing/output/NAME.",
    )
    arguments: dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=64)], str | int | float
    ] = Field(default={}, max_length=40, description="Passed to the script as --name value.")
    environment: dict[VariableName, Annotated[str, StringConstraints(max_length=256)]] = Field(
        default={}, max_length=80, description="Variables that the script starts with."
    )

    @property
    def argument_strings(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.arguments.items()}

    def paths_of(self, names: Iterable[str]) -> dict[str, str]:
        """Input or output name to path, for those of a step."""
        if self.paths == "samples":
            return {name: USUAL_PATHS[name] for name in names}
        return dict(self.paths)


SHARE = "Inputs whose files are shared out when there are several instances; each instance gets all of the others."


class DataScript(Script):
    share: tuple[Literal["data"], ...] = Field(default=(), description=SHARE)


class EvaluateScript(Script):
    share: tuple[Literal["model", "test"], ...] = Field(default=(), description=SHARE)


class Steps(Section):
    """How the processing scripts are called. A step that is left out: see each option."""

    validate_data: DataScript = Field(
        default=DataScript(), alias="validate", description="The script that checks new data."
    )
    prepare: DataScript = Field(default=DataScript(), description="The script that makes features.")
    evaluate: EvaluateScript = Field(default=EvaluateScript(), description="The script that measures the model.")


class TrainingOptions(Section):
    """The options of a blueprint that trains."""

    framework: Framework = Field(default=Framework(), description="What your scripts are written for.")
    scripts: Scripts = Field(default=Scripts(), description="The scripts of the pipeline, in your code folder.")
    data: str = Field(default="raw/", description="Where in the lake a run finds its data: a prefix ending in a slash.")
    hyperparameters: dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=256)], str | int | float | bool
    ] = Field(default={}, max_length=90, description="Passed to the training script; a run may override them.")
    gate: Gate = Field(
        default=Gate(at_least=0.9),
        description="What a model must reach to be deployed.",
        json_schema_extra={"x-written": True},
    )
    instances: Instances = Field(default=Instances(), description="The machines of each step.")
    steps: Steps = Field(default=Steps(), description="How the processing scripts are called.")
    channels: tuple[Literal["train", "validation", "test"], ...] = Field(
        default=("train",),
        min_length=1,
        description="The channels of the training script, each an output of `prepare`; `validation` is one only when "
        "it is named here.",
    )
    orchestrator: Orchestrator = Field(default=USUAL_ORCHESTRATOR)
    tracking: Tracking = Field(default="none")
    triggers: Triggers = Field(
        default={},
        max_length=MOST_TRIGGERS,
        description="What starts the training by itself, by names of your own. Left out: only a person does.",
    )

    @field_validator("data")
    @classmethod
    def _check_data(cls, value: str) -> str:
        if mismatch := find_mismatch("prefix", value):
            raise ValueError(f"it {mismatch}")
        if not value.startswith("raw/"):
            raise ValueError("it must lie in the raw zone: raw/, or a folder of it")
        return value

    @field_validator("hyperparameters")
    @classmethod
    def _check_hyperparameters(cls, value: dict[str, str | int | float | bool]) -> dict[str, str | int | float | bool]:
        reserved = sorted(name for name in value if name.startswith(("sagemaker_", "mlops_iac_")))
        if reserved:
            raise ValueError(f"`{reserved[0]}`: names that start with sagemaker_ or mlops_iac_ are taken")
        for name, item in value.items():
            if fault := hyperparameters.find_fault(hyperparameters.text_of(item)):
                raise ValueError(f"`{name}` {fault}")
        return value

    @property
    def usual_instance_type(self) -> str:
        """Of a job that names none."""
        return self.instances.train.instance_type

    @property
    def not_embedded(self) -> Iterable[Problem]:
        """What the embedded cloud cannot run: one machine is no large cluster."""
        count = self.instances.train.instance_count
        if count > MOST_INSTANCES:
            yield Problem(
                path="mlops-iac:options.instances.train.instance_count",
                summary="Embedded cloud has one machine.",
                detail=f"The training asks for {count} instances that work together; it runs at most {MOST_INSTANCES}.",
                hint=f"set instance_count to {MOST_INSTANCES} for this stack, or deploy it with --cloud aws.",
            )

    @property
    def hyperparameter_strings(self) -> dict[str, str]:
        """As SageMaker takes them: text. A truth value is written as JSON writes it, so that scripts can parse it."""
        return {name: hyperparameters.text_of(value) for name, value in self.hyperparameters.items()}
