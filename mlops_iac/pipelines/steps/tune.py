"""A step that trains a model many times with different hyperparameters and keeps the best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import TUNING_NAME_LENGTH, HyperparameterName
from mlops_iac.pipelines.ranges import Range, Words
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps.step import KeyOf
from mlops_iac.pipelines.steps.training import MetricName, Regex, TrainingStep, find_regex_fault

MOST_JOBS: Final = 750
MOST_PARALLEL: Final = 10
MOST_RANGES: Final = 30
MOST_METRICS: Final = 20
"""https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html"""
JobName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}$")]
MOST_SEED: Final = 2**31 - 1
TRIALS: Final = "/opt/ml/trials"
"""Where the checkpoints of all trials lie on a job's machine."""

REPORTED: Final = r"mlops_iac_metric %s=([-+0-9.eE]+)"
"""How the training entry point tells a metric of an ``evaluation.json`` that the script left (`mlops_iac_run.py`)."""


class Objective(PipelineModel):
    """What makes one trial better than another."""

    metric: MetricName
    """Its name; without a `regex` its path in `evaluation.json`, such as `auc` or `regression_metrics.mse.value`."""
    goal: Literal["maximize", "minimize"] = "maximize"
    """Whether more or less is better."""
    regex: Regex | None = None
    """Finds the metric in the training's log; its group is the number. Left out: the script leaves an `evaluation.json`
    in SM_OUTPUT_DATA_DIR or SM_MODEL_DIR, in the form that evaluations have."""

    @field_validator("regex")
    @classmethod
    def _check(cls, value: str | None) -> str | None:
        if value is not None and (fault := find_regex_fault(value)):
            raise ValueError(fault)
        return value

    @property
    def pattern(self) -> str:
        """The regular expression that SageMaker is given."""
        return self.regex or REPORTED % self.metric.replace(".", r"\.")


class Hyperband(PipelineModel):
    """How long trials go on: each value of the objective in the log counts, one an epoch."""

    min_resource: int = Field(default=1, ge=1)
    """Values that every trial may log before it can be given up."""
    max_resource: int = Field(ge=1)
    """Values after which a trial is stopped."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_resource > self.max_resource:
            raise ValueError(f"`min_resource` is {self.min_resource}, more than `max_resource`: {self.max_resource}")
        return self


class WarmStart(PipelineModel):
    """What earlier tunings found out."""

    parents: tuple[JobName, ...] = Field(min_length=1, max_length=5)
    """Names of tuning jobs that have ended; `runs show` tells them. At most five."""
    kind: Literal["identical", "transfer"] = "transfer"
    """`identical`: data and script are the parents', so nothing is tried twice. `transfer`: they may differ."""


class TuneStep(TrainingStep):
    """Trains as a `training` step does, as often as `max_jobs` says, and each time with values out of `ranges`.

    Its one output, `model`, is the archive of the trial with the best objective.
    """

    kind: ClassVar[str] = "tune"
    may_use: ClassVar[bool] = False
    longest_name: ClassVar[int] = TUNING_NAME_LENGTH

    objective: Objective
    """What is compared."""
    ranges: dict[HyperparameterName, Range] = Field(min_length=1, max_length=MOST_RANGES)
    """Hyperparameter to its range: a list of values, or `min` and `max`."""
    strategy: Literal["bayesian", "random", "grid", "hyperband"] = "bayesian"
    """How values are chosen. `grid` tries each combination of values once, `hyperband` stops what is not promising."""
    max_jobs: int | None = Field(default=None, ge=1, le=MOST_JOBS)
    """How many trainings there are at most. Left out: a grid has as many as it holds; others must say it."""
    max_parallel: int = Field(default=2, ge=1, le=MOST_PARALLEL)
    """How many run at the same time. More of them learn less from each other."""
    early_stopping: bool = False
    """Stop a training whose objective is worse than the median of the others' at the same epoch."""
    target: float | None = Field(default=None, allow_inf_nan=False)
    """Start no more trainings when one has reached this objective. Left out: all of them run."""
    hyperband: Hyperband | None = None
    """Needed by the strategy `hyperband`, and by no other."""
    warm_start: WarmStart | None = None
    """Begin with what earlier tunings of these hyperparameters found. Left out: with nothing."""
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED)
    """The same seed makes the same choices. Left out: they differ from run to run."""

    @property
    def logged(self) -> Mapping[str, str]:
        return {**self.metrics, self.objective.metric: self.objective.pattern}

    @property
    def grid(self) -> int:
        """Combinations of the ranges, where all of them are words."""
        return prod(len(one.values) for one in self.ranges.values() if isinstance(one, Words))

    @property
    def trials(self) -> int:
        """How many trainings there are at most."""
        return self.max_jobs or self.grid

    @property
    def seconds(self) -> int:
        """Trainings wait for each other."""
        rounds = -(-self.trials // self.max_parallel)
        return super().seconds * rounds

    def cautions(self) -> Iterator[str]:
        if self.spot and not self.checkpoints:
            yield (
                f"Step `{self.name}` tries on spare capacity without `checkpoints`: a trial whose machines are taken "
                "away begins anew. Say `checkpoints: true` when the script can go on from what it left."
            )
        if self.checkpoints:
            yield (
                f"Step `{self.name}` keeps checkpoints: SageMaker has one place for those of all trials, so each that "
                "starts fetches what the others left, too. Let the script keep few."
            )

    @property
    def checkpoint_path(self) -> str:
        """Each trial has a folder in it (`mlops_iac_run.py`), as the trials of a tuning have one place in S3."""
        return TRIALS

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        shown = {"metric": self.objective.metric, "goal": self.objective.goal}
        return {
            "job": self.kind,
            "name_limit": self.name_limit,
            "settings": self.job.settings,
            **shown,
        }

    @model_validator(mode="after")
    def _check_search(self) -> Self:
        if self.keep_alive_minutes:
            raise ValueError("machines of a tuning go from trial to trial: leave `keep_alive_minutes` out")
        if self.compute != "sagemaker":
            raise ValueError("a tuning runs SageMaker's training jobs: `compute: sagemaker`")
        self._check_strategy()
        if self.objective.metric in self.metrics:
            raise ValueError(f"`metrics` names the objective `{self.objective.metric}` again")
        if len(self.metrics) >= MOST_METRICS:
            raise ValueError(f"{len(self.metrics) + 1} metrics with the objective; a tuning job takes {MOST_METRICS}")
        fixed = {} if isinstance(self.hyperparameters, FromParameter) else self.hyperparameters
        both = sorted({*fixed} & {*self.ranges})
        if both:
            raise ValueError(f"`{both[0]}` has a fixed value and a range; it may have one of them")
        return self

    def _check_strategy(self) -> None:
        if self.strategy == "grid":
            numbers = sorted(name for name, one in self.ranges.items() if not isinstance(one, Words))
            if numbers:
                raise ValueError(f"a grid has lists of values; `{numbers[0]}` has `min` and `max`: list its values")
            if self.max_jobs not in (None, self.grid):
                raise ValueError(f"`max_jobs` is {self.max_jobs}; the grid holds {self.grid}: leave `max_jobs` out")
            if self.grid > MOST_JOBS:
                raise ValueError(f"the grid holds {self.grid} combinations; a tuning job has at most {MOST_JOBS}")
        elif self.max_jobs is None:
            raise ValueError(f"the strategy `{self.strategy}` needs `max_jobs`")
        if (self.strategy == "hyperband") != (self.hyperband is not None):
            raise ValueError("the strategy `hyperband` needs a `hyperband` section, and no other strategy has one")
        if self.strategy == "hyperband" and self.early_stopping:
            raise ValueError("the strategy `hyperband` stops trainings by itself: leave `early_stopping` out")
