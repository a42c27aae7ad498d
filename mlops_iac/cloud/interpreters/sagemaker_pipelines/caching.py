"""Steps that are not done again: SageMaker looks for a run of the same pipeline in which the step succeeded with the
same attributes, and takes the latest, unless that is too old. Data and code behind the URIs are not looked at.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from mlops_iac.core.cache_keys import key_of

ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
}
"""Type of step to what is compared: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html"""

TRAININGS: Final = frozenset(
    {"AlgorithmSpecification", "HyperParameterRanges", "InputDataConfig", "StaticHyperParameters", "TuningObjective"}
)
"""What of a tuning's TrainingJobDefinition is compared."""

_DURATION: Final = re.compile(
    r"P?(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE
)
_UNITS: Final = (
    timedelta(days=365), timedelta(days=30), timedelta(weeks=1), timedelta(days=1),
    timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1),
)  # fmt: skip


def is_cached(step: Mapping[str, Any]) -> bool:
    return bool(step.get("CacheConfig", {}).get("Enabled"))


def signature(step: Mapping[str, Any], arguments: Mapping[str, Any], pipeline: str) -> str:
    """What is equal for runs that do the same; ``pipeline`` tells pipelines apart that had one name."""
    compared = {name: arguments.get(name) for name in ATTRIBUTES[step["Type"]]}
    trained = compared.get("TrainingJobDefinition")
    if isinstance(trained, Mapping):
        compared["TrainingJobDefinition"] = {name: trained[name] for name in sorted(TRAININGS & trained.keys())}
    return key_of(pipeline, step["Name"], step["Type"], compared)


def longest(step: Mapping[str, Any]) -> timedelta:
    """How old a run may be: ``30d``, ``P30D``, ``T16m``. Raises ValueError for what is no duration."""
    text = str(step["CacheConfig"].get("ExpireAfter", ""))
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"ExpireAfter {text!r} is no duration of ISO 8601")
    return sum((int(count) * unit for count, unit in zip(match.groups(), _UNITS, strict=True) if count), timedelta())


def find_fault(step: Mapping[str, Any]) -> str:
    """What SageMaker refuses; empty when it takes it."""
    if not is_cached(step):
        return ""
    if step["Type"] not in ATTRIBUTES:
        return f"a {step['Type']} step has no cache"
    try:
        longest(step)
    except ValueError as error:
        return str(error)
    return ""
