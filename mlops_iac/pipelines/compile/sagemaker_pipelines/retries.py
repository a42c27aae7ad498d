"""Retry policies of a step: its own, and those for what AWS refuses for a moment.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.steps import JobStep, TuneStep

EXCEPTIONS: Final[Mapping[str, str]] = {
    "capacity": "SageMaker.CAPACITY_ERROR",
    "internal": "SageMaker.JOB_INTERNAL_ERROR",
    "limit": "SageMaker.RESOURCE_LIMIT",
    "service": "Step.SERVICE_FAULT",
    "throttling": "Step.THROTTLING",
}
"""Our words to AWS's. It has none for a job whose script failed."""

Policy = dict[str, Any]

USUAL: Final[tuple[Policy, ...]] = (
    {
        "ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"],
        "IntervalSeconds": 2,
        "BackoffRate": 2.0,
        "MaxAttempts": 4,
    },
    {"ExceptionType": ["SageMaker.RESOURCE_LIMIT"], "IntervalSeconds": 60, "BackoffRate": 1.5, "MaxAttempts": 8},
)
"""A failed job is not tried again unless the step asks for it: the same script on the same data fails again."""


def policies(step: JobStep) -> list[Policy]:
    """One exception is in one policy: the step's own where it names it.

    Raises PipelineError for failures that AWS has no word for.
    """
    if step.retry is None:
        return [*USUAL]
    _check(step, step.retry.errors)
    own: Policy = {
        "ExceptionType": sorted(EXCEPTIONS[error] for error in {*step.retry.errors}),
        "IntervalSeconds": step.retry.interval_seconds,
        "BackoffRate": step.retry.backoff,
        "MaxAttempts": step.retry.attempts,
    }
    left = [(one, [name for name in one["ExceptionType"] if name not in own["ExceptionType"]]) for one in USUAL]
    return [own, *({**one, "ExceptionType": names} for one, names in left if names)]


def _check(step: JobStep, errors: tuple[str, ...]) -> None:
    inside = ["internal"] if isinstance(step, TuneStep) and "internal" in errors else []
    refused = [error for error in errors if error not in EXCEPTIONS] or inside
    if errors and not refused:
        return
    what = f"after `{refused[0]}`" if refused else "after any failure (`errors` is left out)"
    why = "a tuning job begins such trainings again itself" if inside else "it does so after faults of AWS's own only"
    allowed = ", ".join(sorted({*EXCEPTIONS} - {*inside}))
    raise PipelineError(
        "This target cannot do what a step asks for.",
        f"Step `{step.name}` is to be tried again {what}; SageMaker Pipelines cannot: {why}.",
        hint=f"write in `retry.errors` some of {allowed}, or choose `orchestrator: step-functions`.",
    )
