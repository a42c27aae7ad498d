"""Retry policies: which exception types a failure has, and how long a step waits before it is tried again.

https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

EXCEPTIONS: Final = frozenset(
    {
        "SageMaker.CAPACITY_ERROR",
        "SageMaker.JOB_INTERNAL_ERROR",
        "SageMaker.RESOURCE_LIMIT",
        "Step.SERVICE_FAULT",
        "Step.THROTTLING",
    }
)
"""Faults of AWS's own: a script that failed is none of them."""

MOST_ATTEMPTS: Final = 20
LONGEST_INTERVAL: Final = 12 * 3600
LONGEST_MINUTES: Final = 10 * 24 * 60
USUAL_ATTEMPTS: Final = 5

Policy = Mapping[str, Any]


def of_reason(reason: str) -> str:
    """The exception type of a job that failed, by its failure reason."""
    if reason.startswith("InternalServerError"):
        return "SageMaker.JOB_INTERNAL_ERROR"
    return "SageMaker.CAPACITY_ERROR" if reason.startswith(("CapacityError", "InsufficientCapacity")) else ""


def of_answer(response: Mapping[str, Any]) -> str:
    """The exception type of a call that was refused."""
    code, status = response["Error"]["Code"], response["ResponseMetadata"].get("HTTPStatusCode", 0)
    if code in ("Throttling", "ThrottlingException", "TooManyRequestsException"):
        return "Step.THROTTLING"
    if code in ("ResourceLimitExceeded", "ResourceLimitExceededException"):
        return "SageMaker.RESOURCE_LIMIT"
    return "Step.SERVICE_FAULT" if status >= 500 and status != 501 else ""


class Retries:
    """The policies of one step while it is tried."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = policies
        self._used: Counter[int] = Counter()

    def wait_after(self, exception: str, minutes: float) -> float | None:
        """Seconds until the next attempt; None when there is none. ``minutes``: since the step began."""
        for number, policy in enumerate(self._policies):
            if exception not in policy["ExceptionType"]:
                continue
            used = self._used[number]
            if "ExpireAfterMin" in policy:
                if minutes >= policy["ExpireAfterMin"]:
                    return None
            elif used >= policy.get("MaxAttempts", USUAL_ATTEMPTS):
                return None
            self._used[number] += 1
            return float(policy.get("IntervalSeconds", 1) * policy.get("BackoffRate", 2.0) ** used)
        return None


def find_faults(policies: Sequence[Policy]) -> Iterator[str]:
    """What SageMaker refuses in policies."""
    for policy in policies:
        unknown = sorted({*policy.get("ExceptionType", ())} - EXCEPTIONS)
        if unknown or not policy.get("ExceptionType"):
            yield f"ExceptionType must be some of {', '.join(sorted(EXCEPTIONS))}"
        if "MaxAttempts" in policy and "ExpireAfterMin" in policy:
            yield "only one of MaxAttempts and ExpireAfterMin can be given"
        for name, most in (
            ("MaxAttempts", MOST_ATTEMPTS),
            ("IntervalSeconds", LONGEST_INTERVAL),
            ("ExpireAfterMin", LONGEST_MINUTES),
        ):
            if not 0 <= policy.get(name, 0) <= most:
                yield f"{name} must be at most {most}"
