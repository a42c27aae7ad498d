"""A step that trains a model with one of the team's scripts, in SageMaker's script mode."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from mlops_iac.pipelines import hyperparameters
from mlops_iac.pipelines.hyperparameters import carry, text_of
from mlops_iac.pipelines.names import Word
from mlops_iac.pipelines.references import FromParameter, Source
from mlops_iac.pipelines.steps.step import Made, Output, Read, ScriptStep

MetricName = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Regex = Annotated[str, StringConstraints(min_length=1, max_length=500)]
MOST_METRICS: Final = 40
"""Limits of MetricDefinition and MetricDefinitionList in SageMaker's API model."""

InputMode = Literal["File", "FastFile"]
Hyperparameters = Annotated[
    dict[hyperparameters.Name, hyperparameters.Value] | FromParameter, Field(union_mode="left_to_right")
]

SAGEMAKER_ONLY: Final = frozenset({"attempts", "input_mode", "input_modes", "metrics", "shared"})
"""Fields about what only SageMaker's training jobs have."""


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
    zone: Word = "models"
    """The lake's zone that trained models go to, under the run's id."""
    attempts: int = Field(default=2, ge=1, le=30)
    """How often SageMaker itself starts the job again after an internal error of its own; never after the script's."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"model": "model"}

    def reads(self) -> Iterator[Read]:
        for name, source in self.channels.items():
            yield Read(f"channels.{name}", source, ("prefix", "folder"))
        if isinstance(self.hyperparameters, FromParameter):
            yield Read("hyperparameters", self.hyperparameters, ("strings",))

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
