"""A tuning step's search as SageMaker takes it, on every target that has its tuning jobs."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.pipelines.hyperparameters import carry
from mlops_iac.pipelines.ranges import Numbers, Words
from mlops_iac.pipelines.steps import TuneStep

MODEL: Final = "output/model.tar.gz"
"""Where a training job's model lies, below its output's prefix and its own name."""

_SCALES: Final = {
    "auto": "Auto",
    "linear": "Linear",
    "logarithmic": "Logarithmic",
    "reverse-logarithmic": "ReverseLogarithmic",
}


def configuration(step: TuneStep) -> dict[str, Any]:
    """``HyperParameterTuningJobConfig``."""
    jobs = {} if step.max_jobs is None else {"MaxNumberOfTrainingJobs": step.max_jobs}
    return {
        "Strategy": step.strategy.title(),
        **_resources(step),
        "HyperParameterTuningJobObjective": {
            "Type": step.objective.goal.title(),
            "MetricName": step.objective.metric,
        },
        "ResourceLimits": {**jobs, "MaxParallelTrainingJobs": step.max_parallel},
        "ParameterRanges": _ranges(step),
        "TrainingJobEarlyStoppingType": "Auto" if step.early_stopping else "Off",
        **({} if step.target is None else {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": step.target}}),
        **({} if step.seed is None else {"RandomSeed": step.seed}),
    }


_KINDS: Final = {"identical": "IdenticalDataAndAlgorithm", "transfer": "TransferLearning"}


def warm_start(step: TuneStep) -> dict[str, Any]:
    """``WarmStartConfig``, as a member of the request; nothing when it begins with nothing.

    https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-warm-start.html
    """
    if step.warm_start is None:
        return {}
    parents = [{"HyperParameterTuningJobName": name} for name in step.warm_start.parents]
    kind = _KINDS[step.warm_start.kind]
    return {"WarmStartConfig": {"ParentHyperParameterTuningJobs": parents, "WarmStartType": kind}}


def _resources(step: TuneStep) -> dict[str, Any]:
    if step.hyperband is None:
        return {}
    bounds = {"MinResource": step.hyperband.min_resource, "MaxResource": step.hyperband.max_resource}
    return {"StrategyConfig": {"HyperbandStrategyConfig": bounds}}


def _ranges(step: TuneStep) -> dict[str, Any]:
    words = {name: one for name, one in step.ranges.items() if isinstance(one, Words)}
    numbers = {name: one for name, one in step.ranges.items() if isinstance(one, Numbers)}
    found = {
        "CategoricalParameterRanges": [
            {"Name": name, "Values": [carry(text) for text in one.texts]} for name, one in words.items()
        ],
        "IntegerParameterRanges": [_number(name, one) for name, one in numbers.items() if one.whole],
        "ContinuousParameterRanges": [_number(name, one) for name, one in numbers.items() if not one.whole],
    }
    return {kind: ranges for kind, ranges in found.items() if ranges}


def _number(name: str, one: Numbers) -> dict[str, str]:
    least, most = one.bounds
    return {"Name": name, "MinValue": least, "MaxValue": most, "ScalingType": _SCALES[one.scale]}
