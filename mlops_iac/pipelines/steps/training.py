"""A step that trains a model with one of the team's scripts, in SageMaker's script mode."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from mlops_iac.core.errors import Problem
from mlops_iac.core.script_mode import MOST_INSTANCES
from mlops_iac.pipelines.hyperparameters import carry, text_of
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import HyperparameterName, HyperparameterValue, Word
from mlops_iac.pipelines.references import FromParameter, Source
from mlops_iac.pipelines.steps.step import Bind, Made, Output, Read, ScriptStep

MetricName = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Regex = Annotated[str, StringConstraints(min_length=1, max_length=500)]
MOST_METRICS: Final = 40
"""Limits of MetricDefinition and MetricDefinitionList in SageMaker's API model."""

InputMode = Literal["File", "FastFile"]
Hyperparameters = Annotated[
    dict[HyperparameterName, HyperparameterValue] | FromParameter, Field(union_mode="left_to_right")
]

CHECKPOINTS: Final = "/opt/ml/checkpoints"
"""Where a script finds its checkpoints and leaves them."""
SAGEMAKER_ONLY: Final = frozenset(
    {
        "attempts",
        "checkpoints",
        "input_mode",
        "input_modes",
        "keep_alive_minutes",
        "max_wait_minutes",
        "metrics",
        "shared",
        "spot",
    }
)
"""Fields about what only SageMaker's training jobs have."""


class Distributed(PipelineModel):
    """How the processes of one training are started. The script finds its rank as the launcher tells it (``RANK``,
    ``OMPI_COMM_WORLD_RANK``), and saves the model in the first process only."""

    launcher: Literal["torchrun", "mpi", "ray"]
    """`torchrun`: PyTorch's DDP and its like. `mpi`: Horovod and mpi4py, by the `mpirun` of the framework's image.
    `ray`: the script runs on the first instance and finds the others by `ray.init()`; `ray` is in requirements.txt."""
    processes: int | None = Field(default=None, ge=1, le=256)
    """On each instance. Left out: one for each GPU, and one where there is none. Ray starts its own."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.launcher == "ray" and self.processes is not None:
            raise ValueError("`processes` is not of `ray`, which starts as many as its tasks ask for: leave it out")
        return self


def _of_word(value: object) -> object:
    """``distributed: torchrun`` says only the launcher."""
    return {"launcher": value} if isinstance(value, str) else value


def find_regex_fault(regex: str) -> str | None:
    """Why SageMaker would find no number by a regular expression, or None."""
    try:
        groups = re.compile(regex).groups
    except re.error as error:
        return f"`{regex}` is no regular expression: {error}"
    return None if groups else f"`{regex}` has no group: what is in the parentheses is the number"


class TrainingStep(ScriptStep):
    """Its one output, ``model``, is the archive of what the script saved in ``SM_MODEL_DIR``."""

    kind: ClassVar[str] = "training"
    on_nodes: ClassVar[bool] = True

    channels: dict[Word, Source] = Field(min_length=1)
    """Channel name to data: the script reads ``SM_CHANNEL_<NAME>``. ``code`` is taken by the packed code."""
    hyperparameters: Hyperparameters = Field(default_factory=dict)
    """Name to value; or the run's parameter that holds them all, a map of strings. Left out: none."""
    metrics: dict[MetricName, Regex] = Field(default_factory=dict, max_length=MOST_METRICS)
    """Metric to the regular expression that finds it in the log; its group is the number, and the last one found is
    the job's. Left out: none are kept."""
    input_mode: InputMode = "File"
    """`File`: a channel's data is there before the script starts. `FastFile`: it is read from S3 when it is opened."""
    input_modes: dict[Word, InputMode] = Field(default_factory=dict)
    """Channel to its own input mode. Left out: that of the step."""
    shared: tuple[Word, ...] = ()
    """Channels whose objects are shared out among the instances; each instance gets a whole copy of the others."""
    distributed: Annotated[Distributed | None, BeforeValidator(_of_word, json_schema_input_type=str | Distributed)] = (
        None
    )
    """Several processes that train one model together: a launcher (`torchrun`, `mpi`, `ray`), or `launcher` and
    `processes`. Left out: one process on each instance."""
    checkpoints: bool = False
    """Keep what the script writes to /opt/ml/checkpoints in the lake while it runs; after an interruption it is there
    again."""
    spot: bool = False
    """Train on spare capacity, which costs less and can be taken away at any time. With `checkpoints` the script can go
    on where it was; without, it begins anew."""
    max_wait_minutes: int | None = Field(default=None, ge=1, le=28 * 24 * 60)
    """With `spot`: how long the job may take in all, with waiting for capacity. Left out: twice what it may run."""
    keep_alive_minutes: int = Field(default=0, ge=0, le=60)
    """How long its instances are kept, and paid for, after the end, so that a next training like it starts at once.
    Left out: they end with it."""
    zone: Word = "models"
    """The lake's zone that trained models go to, under the run's id."""
    attempts: int = Field(default=2, ge=1, le=30)
    """How often SageMaker itself starts the job again after an internal error of its own; never after the script's."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"model": "model"}

    def reads(self) -> Iterator[Read]:
        for name, source in self.channels.items():
            yield Read(f"channels.{name}", source, ("prefix", "folder", "bucket"))
        if isinstance(self.hyperparameters, FromParameter):
            yield Read("hyperparameters", self.hyperparameters, ("strings",))

    def misfits(self, bind: Bind, bound: Any) -> Iterator[Problem]:
        if bind.kind == "queues" and self.job.instance_count > bound.nodes:
            most = f"{bound.nodes} machines" if bound.nodes > 1 else "one machine"
            yield Problem(
                path=f"{self.name}.job",
                summary="The queue has not so many machines for one job.",
                detail=f"Step `{self.name}` asks for {self.job.instance_count} instances that train together; a job on "
                f"queue `{bind.name}` has {most}.",
                hint=f"say `nodes: {self.job.instance_count}` and `buying: [on_demand]` at that queue under `batch` in "
                "the stack file, name another queue, or use `compute: sagemaker`.",
            )

    def not_embedded(self) -> Iterator[tuple[str, str]]:
        if self.job.instance_count > MOST_INSTANCES:
            asked = f"it asks for {self.job.instance_count} instances that work together"
            yield "job", f"{asked}; one machine runs at most {MOST_INSTANCES}"

    def cautions(self) -> Iterator[str]:
        if self.spot and not self.checkpoints:
            yield (
                f"Step `{self.name}` trains on spare capacity without `checkpoints`: a training whose machines are "
                "taken away begins anew. Say `checkpoints: true` when the script can go on from what it left."
            )

    @property
    def checkpoint_path(self) -> str:
        """What is kept the same as `checkpoint_folder`, on the job's machine."""
        return CHECKPOINTS

    @property
    def checkpoint_folder(self) -> str:
        """Below the run's own folder in the zone."""
        return f"checkpoints/{self.name}/"

    @property
    def max_wait_seconds(self) -> int:
        longest = 28 * 24 * 3600
        return min(2 * self.job_seconds, longest) if self.max_wait_minutes is None else self.max_wait_minutes * 60

    @property
    def seconds(self) -> int:
        return self.max_wait_seconds * self.tries if self.spot else super().seconds

    @model_validator(mode="after")
    def _check_spot(self) -> Self:
        if self.max_wait_minutes is not None and not self.spot:
            raise ValueError("`max_wait_minutes` is of `spot` trainings: leave it out, or say `spot: true`")
        if self.spot and self.keep_alive_minutes:
            raise ValueError("SageMaker keeps no spare capacity: leave `keep_alive_minutes` out, or `spot`")
        if self.spot and self.max_wait_seconds < self.job_seconds:
            least = f"{self.job_seconds // 60} `{'timeout_minutes' if self.timeout_minutes else 'max_minutes'}`"
            raise ValueError(f"`max_wait_minutes` is {self.max_wait_minutes}, less than the {least}")
        return self

    @property
    def logged(self) -> Mapping[str, str]:
        """Metric to regular expression, for all that is read from the log."""
        return self.metrics

    @property
    def hyperparameter_strings(self) -> dict[str, str]:
        """Those that are written on the step, as they travel."""
        given = {} if isinstance(self.hyperparameters, FromParameter) else self.hyperparameters
        return {name: carry(text_of(value)) for name, value in given.items()}

    @model_validator(mode="after")
    def _check_channels(self) -> Self:
        for field, given in (("input_modes", self.input_modes), ("shared", self.shared)):
            for name in given:
                if name not in self.channels:
                    raise ValueError(f"`{field}` names `{name}`, which is none of {', '.join(sorted(self.channels))}")
        return self

    @model_validator(mode="after")
    def _check_compute(self) -> Self:
        """What a training job has and a container on a queue has not."""
        given = sorted(SAGEMAKER_ONLY & self.model_fields_set)
        if self.compute != "sagemaker" and given:
            raise ValueError(f"`{given[0]}` is of training jobs: leave it out, or use `compute: sagemaker`")
        return self

    @field_validator("metrics")
    @classmethod
    def _check_metrics(cls, value: dict[str, str]) -> dict[str, str]:
        for name, regex in value.items():
            if fault := find_regex_fault(regex):
                raise ValueError(f"`{name}`: {fault}")
        return value
