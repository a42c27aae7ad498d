"""What a tuning job was asked for: read, and refused where SageMaker or this cloud refuses it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs.tuning.search.space import Space, read_space
from mlops_iac.cloud.jobs.tuning.search.stopping import Hyperband, Median, Never, Stopper
from mlops_iac.cloud.jobs.tuning.search.strategies import STRATEGIES, Strategy

MOST_JOBS: Final = 750
MOST_RANGES: Final = 30
"""https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-limits.html"""
OBJECTIVE: Final = "_tuning_objective_metric"
"""The hyperparameter by which a training job is told what it is measured by."""
HYPERBAND_RESOURCES: Final = (1, 9)
"""Values of the objective that a trial of Hyperband has at least and at most, where the request does not say: AWS has
defaults of its own, which it does not tell."""

_NOT_HERE: Final = ("Autotune", "TrainingJobDefinitions")
_COPIED: Final = (
    "AlgorithmSpecification",
    "CheckpointConfig",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
    "Environment",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "RetryStrategy",
    "RoleArn",
    "StoppingCondition",
    "VpcConfig",
)
"""What a training job takes from the tuning job's definition as it is."""


@dataclass(frozen=True)
class Asked:
    """A tuning job's request, or its description: both say it in the same members."""

    params: Mapping[str, Any]

    @property
    def config(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.params["HyperParameterTuningJobConfig"]
        return found

    @property
    def definition(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.params["TrainingJobDefinition"]
        return found

    @property
    def objective(self) -> Mapping[str, str]:
        """``Type`` and ``MetricName``."""
        found: Mapping[str, str] = (
            self.definition.get("TuningObjective") or self.config["HyperParameterTuningJobObjective"]
        )
        return found

    @property
    def sign(self) -> int:
        """What makes more the better."""
        return 1 if self.objective["Type"] == "Maximize" else -1

    @property
    def regex(self) -> str:
        definitions = self.definition["AlgorithmSpecification"].get("MetricDefinitions", ())
        return next((one["Regex"] for one in definitions if one["Name"] == self.objective["MetricName"]), "")

    @property
    def space(self) -> Space:
        """Raises ValueError."""
        return read_space(self.definition.get("HyperParameterRanges") or self.config.get("ParameterRanges") or {})

    @property
    def strategy(self) -> Strategy:
        random = Random(self.config.get("RandomSeed"))  # noqa: S311 - choices, not secrets
        return STRATEGIES[self.config["Strategy"]](self.space, random)

    @property
    def stopper(self) -> Stopper:
        if self.config["Strategy"] == "Hyperband":
            asked = (self.config.get("StrategyConfig") or {}).get("HyperbandStrategyConfig") or {}
            least, most = HYPERBAND_RESOURCES
            return Hyperband(asked.get("MinResource", least), asked.get("MaxResource", most))
        return Median() if self.config.get("TrainingJobEarlyStoppingType") == "Auto" else Never()

    @property
    def most_jobs(self) -> int:
        limit = self.config["ResourceLimits"].get("MaxNumberOfTrainingJobs")
        return int(limit if limit is not None else self.space.size)

    @property
    def parallel(self) -> int:
        return int(self.config["ResourceLimits"]["MaxParallelTrainingJobs"])

    @property
    def criteria(self) -> Mapping[str, Any]:
        return self.config.get("TuningJobCompletionCriteria") or {}

    @property
    def parents(self) -> tuple[str, ...]:
        """Tuning jobs whose trials are known from the start."""
        config = self.params.get("WarmStartConfig") or {}
        return tuple(one["HyperParameterTuningJobName"] for one in config.get("ParentHyperParameterTuningJobs", ()))

    @property
    def goes_on(self) -> bool:
        """Whether data and algorithm are the parents', so that nothing is tried twice."""
        config = self.params.get("WarmStartConfig") or {}
        return config.get("WarmStartType") == "IdenticalDataAndAlgorithm"

    def trial(self, number: int, values: Mapping[str, str]) -> dict[str, Any]:
        """The request of one training job."""
        name = f"{self.params['HyperParameterTuningJobName']}-{number:03}-{secrets.token_hex(4)}"
        static = self.definition.get("StaticHyperParameters", {})
        return {
            "TrainingJobName": name,
            **{member: self.definition[member] for member in _COPIED if member in self.definition},
            "HyperParameters": {**static, **values, OBJECTIVE: self.objective["MetricName"]},
        }


def check(call: Call) -> Asked:
    """Raises AwsError for what SageMaker refuses, and for what this cloud does not offer."""
    asked = Asked(call.params)
    missing = next(_not_here(call.params), None)
    if missing:
        raise AwsError("NotImplemented", f"The embedded cloud does not offer {missing} of tuning jobs.", 501)
    try:
        fault = next(_faults(asked), None)
    except ValueError as error:
        fault = str(error)
    if fault:
        raise AwsError("ValidationException", fault)
    return asked


def _not_here(params: Mapping[str, Any]) -> Iterator[str]:
    yield from (member for member in _NOT_HERE if params.get(member))
    asked = Asked(params)
    if asked.config["ResourceLimits"].get("MaxRuntimeInSeconds"):
        yield "ResourceLimits.MaxRuntimeInSeconds"
    if asked.criteria.get("ConvergenceDetected"):
        yield "TuningJobCompletionCriteria.ConvergenceDetected"
    if asked.definition.get("HyperParameterTuningResourceConfig"):
        yield "HyperParameterTuningResourceConfig"
    ranges = asked.definition.get("HyperParameterRanges") or asked.config.get("ParameterRanges") or {}
    if ranges.get("AutoParameters"):
        yield "AutoParameters"


def _faults(asked: Asked) -> Iterator[str]:
    if not asked.params.get("TrainingJobDefinition"):
        yield "TrainingJobDefinition is missing."
    if not (asked.definition.get("TuningObjective") or asked.config.get("HyperParameterTuningJobObjective")):
        yield "HyperParameterTuningJobObjective is missing."
    if not asked.definition.get("ResourceConfig"):
        yield "TrainingJobDefinition.ResourceConfig is missing."
    if not asked.regex:
        yield f"The objective metric [{asked.objective['MetricName']}] is not among the MetricDefinitions."
    names = [dimension.name for dimension in asked.space.dimensions]
    static = sorted({*names} & {*asked.definition.get("StaticHyperParameters", {})})
    if static:
        yield f"The hyperparameters [{', '.join(static)}] are static and have a range too."
    if len(names) > MOST_RANGES:
        yield f"{len(names)} hyperparameters have a range; a tuning job searches at most {MOST_RANGES}."
    yield from _faults_of_strategy(asked)


def _faults_of_strategy(asked: Asked) -> Iterator[str]:
    strategy, limits = asked.config["Strategy"], asked.config["ResourceLimits"]
    asked_for = limits.get("MaxNumberOfTrainingJobs")
    if strategy == "Grid":
        space = asked.space
        if any(not hasattr(dimension, "values") for dimension in space.dimensions):
            yield "Grid search takes categorical parameter ranges only."
        elif asked_for is not None and asked_for != space.size:
            yield (
                f"MaxNumberOfTrainingJobs is {asked_for}; the grid has {space.size:.0f} combinations. "
                "Leave it out, or let both be the same."
            )
    elif asked_for is None:
        yield f"MaxNumberOfTrainingJobs is required for the strategy {strategy}."
    if asked.most_jobs > MOST_JOBS:
        yield f"The tuning job has {asked.most_jobs} training jobs; it may have {MOST_JOBS}."
    if strategy == "Hyperband" and asked.config.get("TrainingJobEarlyStoppingType") == "Auto":
        yield "Hyperband stops training jobs by itself: TrainingJobEarlyStoppingType must be Off."
