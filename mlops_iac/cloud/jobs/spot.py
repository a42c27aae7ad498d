"""Managed spot training: how long a job may train and wait, and what becomes of it when its machine is taken away.

Here no machine is ever taken away by itself: a test does it (``mlops-iac cloud interrupt JOB``), and the job begins
again at once, with its checkpoints.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.cloud.gateway import AwsError


class Interrupted(Exception):
    """The machine of a spot job was taken away."""


class Spot:
    """The clock of one job. One that is not spot trains once."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        limits = record["StoppingCondition"]
        self._most: float | None = limits.get("MaxRuntimeInSeconds")
        self._wait: float | None = limits.get("MaxWaitTimeInSeconds")
        self._trained, self._began = 0.0, time.monotonic()

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Time in which the script runs."""
        start = time.monotonic()
        try:
            yield
        finally:
            self._trained += time.monotonic() - start

    @property
    def left(self) -> float | None:
        """Seconds that the script may still run; None without a limit."""
        left = [most for most in (self._training_left, self._waiting_left) if most is not None]
        return max(min(left), 0.0) if left else None

    @property
    def ending(self) -> str:
        """Which limit is over first."""
        waiting, training = self._waiting_left, self._training_left
        if waiting is not None and (training is None or waiting < training):
            return "MaxWaitTimeExceeded"
        return "MaxRuntimeExceeded"

    @property
    def _training_left(self) -> float | None:
        return None if self._most is None else self._most - self._trained

    @property
    def _waiting_left(self) -> float | None:
        return None if self._wait is None else self._wait - (time.monotonic() - self._began)


def check_spot(asked: Mapping[str, Any]) -> None:
    """Raises AwsError for limits that SageMaker refuses."""
    spot, limits = asked.get("EnableManagedSpotTraining"), asked["StoppingCondition"]
    wait, most = limits.get("MaxWaitTimeInSeconds"), limits.get("MaxRuntimeInSeconds")
    if wait is not None and not spot:
        raise AwsError("ValidationException", "MaxWaitTimeInSeconds is for managed spot training only.")
    if spot and wait is None:
        raise AwsError("ValidationException", "MaxWaitTimeInSeconds is required for managed spot training.")
    if spot and most is not None and wait < most:
        raise AwsError(
            "ValidationException",
            f"Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds "
            f"({most}).",
        )
