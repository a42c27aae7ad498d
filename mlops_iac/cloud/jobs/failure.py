"""A job that fails, and the words SageMaker has for it."""

from __future__ import annotations

from collections.abc import Iterable

LIMIT = 1024
"""Characters of a FailureReason, ExitMessage or statusReason."""


class JobFailed(Exception):
    """Ends a job. The text is its FailureReason: ``AlgorithmError: …`` for the team's code, ``ClientError: …`` else."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:LIMIT]


class JobStopped(Exception):
    """Somebody stopped the job."""


def last_error(lines: Iterable[str]) -> str:
    """The part of a log that says what went wrong: from the last traceback's exception line on, else the last lines."""
    kept = [line for line in lines if line.strip()]
    starts = [number for number, line in enumerate(kept) if line.startswith("Traceback (most recent call last)")]
    if starts:
        after = kept[starts[-1] + 1 :]
        exception = [line for line in after if not line.startswith((" ", "\t"))]
        return "\n".join(exception[-3:]) if exception else kept[-1]
    return "\n".join(kept[-5:])
