"""What goes on in the cloud, for who waits until nothing does.

Parts say what they run as news: executions of every orchestrator, and jobs. A delivery that is on its way counts
too, and so does a function that is called.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from mlops_iac.cloud.busy import is_busy, waits_for_clock
from mlops_iac.cloud.news import News

STILL: Final = 0.5
"""Seconds without anything going on that are an end: what one thing causes begins a little after it."""

WAITING: Final = 30.0
"""Seconds in which a run without a job tells nothing new: it waits for a person, or for a time."""

_POLL: Final = 0.05

_GOING: Final = frozenset(
    {"RUNNING", "Executing", "Stopping", "InProgress", "SUBMITTED", "PENDING", "RUNNABLE", "STARTING"}
)
_KEYS: Final = {
    "execution": ("executionArn", "status"),
    "pipeline": ("PipelineExecutionArn", "PipelineExecutionStatus"),
    "batch-job": ("jobArn", "status"),
    "run": ("run", "status"),
}


class Work:
    """What is going on, by ARN."""

    def __init__(self) -> None:
        self._runs: set[str] = set()
        self._jobs: set[str] = set()
        self._told = 0.0
        self._lock = threading.Lock()

    def hear(self, news: News) -> None:
        arn, status = _read(news)
        if arn:
            kept = self._runs if news.kind in ("execution", "pipeline", "run") else self._jobs
            with self._lock:
                self._told = time.monotonic()
                (kept.add if status in _GOING else kept.discard)(arn)

    def forget(self) -> None:
        with self._lock:
            self._runs.clear()
            self._jobs.clear()

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Until nothing goes on, but for runs that only wait."""
        still = time.monotonic()
        while not stopped():
            now = time.monotonic()
            if self._is_busy(now):
                still = now
            elif now - still >= STILL:
                return
            time.sleep(_POLL)

    def _is_busy(self, now: float) -> bool:
        with self._lock:
            runs, jobs, told = bool(self._runs), bool(self._jobs), self._told
        # A run that deploys, and the function that deploys for it, are at a standstill while a deployment bakes.
        return jobs or (not waits_for_clock() and (is_busy() or (runs and now - told < WAITING)))


def _read(news: News) -> tuple[str, str]:
    """ARN and status; nothing for news of something else."""
    if news.kind in _KEYS:
        arn, status = _KEYS[news.kind]
        return str(news.facts[arn]), str(news.facts[status])
    if news.kind == "job":
        noun = next((key.removesuffix("Arn") for key in news.facts if key.endswith("JobArn")), "")
        return str(news.facts.get(f"{noun}Arn", "")), str(news.facts.get(f"{noun}Status", ""))
    return "", ""
