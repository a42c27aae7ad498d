"""The trainings of a tuning step: what each was given, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.strict_json import finite
from mlops_iac.pipelines import hyperparameters
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.pages import pages
from mlops_iac.runs.run import StepRun, StepStatus, Trial

TUNE: Final = "tune"
"""Kind of a step that has trials."""

_STATUSES: Final[Mapping[str, StepStatus]] = {
    "InProgress": "running",
    "Stopping": "running",
    "Stopped": "stopped",
    "Completed": "succeeded",
    "Failed": "failed",
}


def with_trials(clients: Clients, steps: Iterable[StepRun]) -> tuple[StepRun, ...]:
    """The steps, those that tune with their trials."""
    return tuple(
        replace(step, trials=_read(clients, step.job)) if step.job_kind == TUNE and step.job and step.started else step
        for step in steps
    )


def _read(clients: Clients, job: str) -> tuple[Trial, ...]:
    """In the order in which they were started; none before the tuning job is there."""
    call = clients("sagemaker").list_training_jobs_for_hyper_parameter_tuning_job
    found: list[Mapping[str, Any]] = []
    with (
        missing_is_nothing("ValidationException", "ResourceNotFound"),
        calling("sagemaker:ListTrainingJobsForHyperParameterTuningJob", job),
    ):
        found = [*pages(call, "TrainingJobSummaries", HyperParameterTuningJobName=job, SortBy="Name", MaxResults=100)]
    best = max(found, key=_rank, default={})
    return tuple(_trial(one, best=one is best) for one in found)


def _final(one: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = one.get("FinalHyperParameterTuningJobObjectiveMetric") or {}
    return found


def _rank(one: Mapping[str, Any]) -> float:
    """More is better; without an objective nothing is."""
    value = finite(_final(one).get("Value"))
    return float("-inf") if value is None else float(value) * (-1 if _final(one).get("Type") == "Minimize" else 1)


def _trial(one: Mapping[str, Any], *, best: bool) -> Trial:
    value = finite(_final(one).get("Value"))
    return Trial(
        name=one["TrainingJobName"],
        status=_STATUSES.get(one["TrainingJobStatus"], "running"),
        hyperparameters={name: hyperparameters.read(text) for name, text in one["TunedHyperParameters"].items()},
        metric=_final(one).get("MetricName", ""),
        objective=None if value is None else float(value),
        best=best and value is not None,
        reason=one.get("FailureReason", ""),
    )
