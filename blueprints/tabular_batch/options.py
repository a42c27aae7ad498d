"""What a team may say about a tabular-batch environment. Every option has a default that works."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from mlops_iac.config.section import Section
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.names import MetricPath, Word
from mlops_iac.pipelines.parameters import find_mismatch
from mlops_iac.pipelines.steps.processing import USUAL_PATHS, LocalPath, VariableName

ScriptName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*\.py$", max_length=200)]
InstanceType = Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")]


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
    share: tuple[Word, ...] = Field(
        default=(),
        description="Inputs whose files are shared out when there are several instances; each instance gets all of "
        "the others.",
    )

    @property
    def argument_strings(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.arguments.items()}

    def paths_of(self, names: Iterable[str]) -> dict[str, str]:
        """Input or output name to path, for those of a step."""
        if self.paths == "samples":
            return {name: USUAL_PATHS[name] for name in names}
        return dict(self.paths)


class Steps(Section):
    """How the processing scripts are called. A step that is left out: see each option."""

    validate_data: Script = Field(default=Script(), alias="validate", description="The script that checks new data.")
    prepare: Script = Field(default=Script(), description="The script that makes features.")
    evaluate: Script = Field(default=Script(), description="The script that measures the model.")


class Serverless(Section):
    flavour: Literal["serverless"] = Field(description="Scales to zero: costs nothing while nobody asks.")
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = Field(
        default=2048, description="Memory for the model, in MB."
    )
    max_concurrency: int = Field(default=5, ge=1, le=200, description="Requests answered at the same time, at most.")


class Realtime(Section):
    flavour: Literal["realtime"] = Field(
        description="Instances that always run: no cold start, and a bill by the hour."
    )
    instance_type: InstanceType = Field(default="ml.m5.large", description="SageMaker instance type.")
    instance_count: int = Field(
        default=2, ge=1, le=20, description="Instances; two or more survive the loss of a zone."
    )


Serving = Annotated[Serverless | Realtime, Field(discriminator="flavour")]


class Pool(Section):
    instance_types: tuple[str, ...] = Field(
        min_length=1, max_length=20, description="EC2 types or families behind this queue, such as c6i or g5.xlarge."
    )
    max_vcpus: int = Field(default=64, ge=1, le=10_000, description="vCPUs in use at the same time, at most.")


class BatchQueues(Section):
    """Queues for heavier work than a SageMaker job's: arrays of thousands, GPUs on spot."""

    enabled: bool = Field(
        default=False,
        description="Build the queues. Idle machines cost nothing; the endpoints the network then needs cost about "
        "90 $ a month.",
    )
    cpu: Pool = Field(default=Pool(instance_types=("m5", "c5")), description="The queue `cpu`.")
    gpu: Pool = Field(default=Pool(instance_types=("g5",), max_vcpus=32), description="The queue `gpu`.")


class Table(Section):
    zone: Literal["raw", "curated", "features", "models"] = Field(default="raw", description="Zone of the lake.")
    prefix: str = Field(default="", description="Below the zone, ending in a slash. Left out: the whole zone.")
    format: Literal["csv", "json", "parquet"] = Field(default="csv", description="How the files are written.")
    columns: dict[str, str] = Field(
        min_length=1, max_length=1000, description="Column to Hive type, in the files' order, such as age: int."
    )

    @field_validator("prefix")
    @classmethod
    def _check_prefix(cls, value: str) -> str:
        if value and (mismatch := find_mismatch("prefix", value)):
            raise ValueError(f"it {mismatch}")
        return value


class TabularBatchOptions(Section):
    """Train, evaluate, gate, register and deploy a model on tabular data."""

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
    serving: Serving = Field(default=Serverless(flavour="serverless"), description="How the model serves predictions.")
    monthly_budget_usd: int = Field(
        default=100, ge=1, le=1_000_000, description="The team is told at 80 % and 100 % of this."
    )
    retention_days: int | None = Field(
        default=None, ge=1, le=3650, description="Delete raw data after this many days. Left out: raw data is kept."
    )
    tables: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=100)], Table] = Field(
        default={}, max_length=100, description="Tables of the catalogue, for SQL over the lake. Left out: none."
    )
    orchestrator: Literal["step-functions", "sagemaker-pipelines"] = Field(
        default="step-functions",
        description="What runs the pipeline: AWS Step Functions, or SageMaker Pipelines, which shows runs in SageMaker "
        "Studio.",
    )
    batch: BatchQueues = Field(default=BatchQueues(), description="Queues for heavier work. Left out: none are built.")

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
            if fault := hyperparameters.find_fault(_text(item)):
                raise ValueError(f"`{name}` {fault}")
        return value

    @property
    def machines(self) -> dict[str, Machine]:
        """Step name to its machines."""
        of = self.instances
        return {"validate": of.validate_data, "prepare": of.prepare, "train": of.train, "evaluate": of.evaluate}

    @property
    def not_embedded(self) -> Iterable[Problem]:
        """What the embedded cloud cannot run: one machine cannot be a cluster."""
        count = self.instances.train.instance_count
        if count > 1:
            yield Problem(
                path="mlops-iac:options.instances.train.instance_count",
                summary="Embedded cloud has one machine.",
                detail=f"The training asks for {count} instances that work together.",
                hint="set instance_count to 1 for this stack, or deploy it with --cloud aws.",
            )

    @property
    def hyperparameter_strings(self) -> dict[str, str]:
        """As SageMaker takes them: text. A truth value is written as JSON writes it, so that scripts can parse it."""
        return {name: hyperparameters.carry(_text(value)) for name, value in self.hyperparameters.items()}


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
