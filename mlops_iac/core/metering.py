"""How long a SageMaker job's machines are billed, by its description: what a bill, a budget and a run's cost have in
common."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

STARTS: Final = ("ProcessingStartTime", "TrainingStartTime", "TransformStartTime")
ENDS: Final = ("ProcessingEndTime", "TrainingEndTime", "TransformEndTime")


def job_seconds(job: Mapping[str, Any], now: datetime) -> float:
    """Billed, or from its start to its end; 0 for one that has not begun."""
    if job.get("BillableTimeInSeconds") is not None:
        return float(job["BillableTimeInSeconds"])
    began = next((job[key] for key in STARTS if job.get(key)), None)
    ended = next((job[key] for key in ENDS if job.get(key)), now)
    return max(0.0, (ended - began).total_seconds()) if began else 0.0


def machines_of(job: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a description that says type, number and disk of its machines; empty where there is none."""
    for part in ("ResourceConfig", "TransformResources"):
        if part in job:
            return dict(job[part])
    return dict(job.get("ProcessingResources", {}).get("ClusterConfig", {}))
