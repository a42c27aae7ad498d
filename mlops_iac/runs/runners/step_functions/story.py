"""What a Step Functions execution's history says about a run's steps. Pure.

States are called like their step, or ``<step>: <what>``. A step is over when the next one begins; it failed when the
execution goes on to a state that belongs to no step and is not on its happy way. A failed call alone says little: some
are caught and expected, such as asking for an endpoint that does not exist yet.

Each event names the one before it, so that events of branches, which come mixed, are told apart: an event happened in
the step that its forerunner happened in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mlops_iac.core.approvals import REJECTED, TIMED_OUT, Answer
from mlops_iac.core.environment import Pipeline
from mlops_iac.core.strict_json import NotStrictJson, finite, read_json
from mlops_iac.runs.run import TIME_LIMIT, Finding, RunStatus, StepRun, StepStatus, Verdict

Event = Mapping[str, Any]

REFUSED = "GateRefused"
"""The error that a refusing gate ends an execution with; its cause is JSON."""

GUARD = "--when"
"""What the names of the states end in that ask the conditions of a step."""

HAPPY_WAY = ("SucceedStateEntered", "ParallelStateEntered")
"""What is entered when all went well: the end of the run or of a branch, and steps beside each other."""

TOGETHER = ("ParallelStateStarted", "ParallelStateSucceeded", "ParallelStateFailed", "ParallelStateAborted")
"""What happens to several steps at once."""

STATUSES: Mapping[str, RunStatus] = {
    "RUNNING": "running",
    "PENDING_REDRIVE": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timed-out",
    "ABORTED": "stopped",
}

_ERRORS: Mapping[str, RunStatus] = {REFUSED: "refused", REJECTED: "refused", TIMED_OUT: "timed-out"}
"""Errors of a document's own that are no failure."""

_ENDS: Mapping[str, StepStatus] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "refused": "refused",
    "timed-out": "failed",
    "stopped": "stopped",
}


@dataclass
class Story:
    """Reads events one by one; `steps` is where things stand."""

    pipeline: Pipeline
    job_of: Mapping[str, str]
    """Step name to the name of what it makes; for some steps that is a SageMaker job."""
    reused: Collection[str] = ()
    """Steps whose work was taken over from a run before."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Step to the run before that has what it makes."""
    left: dict[str, Any] = field(default_factory=dict)
    """Step with a cache to what it left."""
    steps: dict[str, StepRun] = field(default_factory=dict)
    at: dict[int, str | None] = field(default_factory=dict)
    """Event to the step that it happened in."""
    _begun: dict[str, int] = field(default_factory=dict)
    """Step to how many jobs of it were begun."""
    model_package_arn: str | None = None

    def __post_init__(self) -> None:
        for step in self.pipeline.steps:
            kind, origin = step.facts.get("job", ""), self.origins.get(step.name, "")
            self.steps[step.name] = StepRun(
                name=step.name,
                kind=step.kind,
                job=self.job_of.get(step.name) if _is_named(step.kind, kind) and not origin else None,
                job_kind=kind,
                status="reused" if step.name in self.reused else "waiting",
                reused_from=origin,
                settings=step.facts.get("settings", ""),
            )

    @property
    def _cached(self) -> set[str]:
        return {step.name for step in self.pipeline.steps if "cache" in step.facts}

    def read(self, events: Iterable[Event]) -> None:
        for event in events:
            here = self.at.get(event.get("previousEventId", 0))
            if "stateEnteredEventDetails" in event:
                here = self._enter(here, event["stateEnteredEventDetails"]["name"], event)
            elif "stateExitedEventDetails" in event:
                self._exit(event["stateExitedEventDetails"])
            elif event["type"] in TOGETHER:
                here = None  # whichever branch spoke last
            elif "taskSubmittedEventDetails" in event and here is not None:
                self._submit(here, event["taskSubmittedEventDetails"])
            elif _submits(event) and here is not None:
                self._submit(here, event["taskSucceededEventDetails"])
            elif here is not None:
                self._fail(here, event)
            self.at[event["id"]] = here

    def end(self, status: RunStatus, ended: datetime | None, error: str) -> None:
        """The execution is over: steps that still ran end as the run did, or were stopped when one beside them failed;
        later ones will never start."""
        broken = any(step.status in ("failed", "refused", "timed-out") for step in self.steps.values())
        for name, step in [*self.steps.items()]:
            if step.status == "running":
                self._settle(name, "stopped" if broken else _ENDS[status], ended, "" if broken else error)
            elif step.status == "waiting":
                self.steps[name] = replace(step, status="skipped")
            elif step.status in ("failed", "refused") and not step.reason:
                self.steps[name] = replace(step, status="refused" if status == "refused" else "failed", reason=error)

    def _enter(self, here: str | None, state: str, event: Event) -> str | None:
        """A state begins; answers the step that it belongs to."""
        name, time = step_of(state), event["timestamp"]
        if name in self.steps or name.endswith(GUARD):
            if here == name:
                return name
            if here is not None:
                self._settle(here, "succeeded", time)
            if name.endswith(GUARD):
                return name
            self.steps[name] = replace(self.steps[name], status="running", started=time)
            return name
        if here is not None:
            self._settle(here, "succeeded" if event["type"] in HAPPY_WAY else self._failure(here), time)
        return None

    def _failure(self, name: str) -> StepStatus:
        """A gate whose calls all went well did not fail: it refused. So did a person who rejected."""
        step = self.steps[name.removesuffix(GUARD)]
        if name.endswith(GUARD):
            return "failed"
        if step.kind == "gate" and not step.reason:
            return "refused"
        if step.answer is not None:
            return "refused"
        return "timed-out" if TIME_LIMIT.search(step.reason) else "failed"

    def _settle(self, name: str, status: StepStatus, time: datetime | None, reason: str = "") -> None:
        if name.endswith(GUARD):
            if status == "succeeded":
                return  # whether the step is done or skipped, its own states tell
            name = name.removesuffix(GUARD)
        step = self.steps[name]
        if status == "succeeded" and name in self.reused:
            status = "reused"
        reason = "" if status in ("succeeded", "reused") else step.reason or reason
        self.steps[name] = replace(step, status=status, ended=time, reason=reason)

    def _submit(self, here: str, details: Mapping[str, Any]) -> None:
        """A job began. Batch gives its jobs numbers, and each attempt has a name of its own: only the answer tells."""
        made, step = parse(details.get("output")), self.steps[here.removesuffix(GUARD)]
        arn = next((made[key] for key in JOB_ARNS if find_in(made, key)), "")
        job = _number_of(step.job_kind, made) if step.job_kind in NUMBERED else arn.rpartition("/")[2]
        if step.kind == "map":
            return  # its jobs are found by the step's name
        if step.job_kind and isinstance(job, str) and job:
            begun = self._begun[here] = self._begun.get(here, 0) + 1
            self.steps[here] = replace(step, job=job, attempts=begun, reason="")

    def _fail(self, here: str, event: Event) -> None:
        """Remember the latest failed call of a step; it is the reason if the step fails."""
        here = here.removesuffix(GUARD)
        for key in ("taskFailedEventDetails", "taskTimedOutEventDetails", "taskSubmitFailedEventDetails"):
            if key in event:
                error, cause = event[key].get("error", ""), event[key].get("cause", "")
                answer = read_rejection(error, cause)
                reason = str(answer) if answer else explain(error, cause)
                self.steps[here] = replace(self.steps[here], reason=reason, answer=answer)

    def _exit(self, details: Mapping[str, Any]) -> None:
        step = step_of(details["name"])
        if step in self._cached:
            made = find_in(parse(details.get("output")), "steps", step.replace("-", "_"))
            self.left[step] = made or {}
        if step not in self.steps or self.steps[step].kind not in ("approval", "register"):
            return
        made = find_in(parse(details.get("output")), "steps", step.replace("-", "_"))
        if self.steps[step].kind == "approval":
            answer = Answer.read(made, approved=True) or self.steps[step].answer
            self.steps[step] = replace(self.steps[step], answer=answer)
        elif isinstance(find_in(made, "package"), str):
            self.model_package_arn = made["package"]


JOB_ARNS = ("TrainingJobArn", "ProcessingJobArn", "TransformJobArn", "HyperParameterTuningJobArn")
"""By what SageMaker answers who begins a job."""


NUMBERED = ("batch", "spark")
"""Kinds of job that get a number when they are begun."""


def _number_of(kind: str, made: Any) -> Any:
    """What Batch calls a job; of Spark, what EMR Serverless calls the application and the job in it."""
    if kind == "batch":
        return find_in(made, "JobId")
    return "/".join(str(find_in(made, key)) for key in ("ApplicationId", "JobRunId"))


def _submits(event: Event) -> bool:
    """Whether a job of several nodes was submitted, which the state machine does not wait for."""
    told = event.get("taskSucceededEventDetails", {})
    return (told.get("resourceType"), told.get("resource")) == ("aws-sdk:batch", "submitJob")


def _is_named(kind: str, job: str) -> bool:
    """Whether a step's job is found by the name that the run gives it. Some get a number; a map has many, all called by
    that name."""
    return kind == "map" or job not in ("", *NUMBERED)


REASONS = ("FailureReason", "ExitMessage", "StatusReason", "StateDetails", "stateDetails", "Cause", "errorMessage")
"""Keys of a job, or of a Lambda's answer, that hold its reason; the likeliest first."""


JOB_RUNS = ("JobRun", "jobRun")
"""Where a job of Spark is in what is told of it: AWS documents the name in its API only."""


def step_of(state: str) -> str:
    return state.partition(":")[0]


def status_of(execution: Mapping[str, Any]) -> RunStatus:
    """The run's status from DescribeExecution or ListExecutions (which does not know about gates)."""
    error = execution.get("error", "")
    if error in _ERRORS:
        return _ERRORS[error]
    if error and TIME_LIMIT.search(explain(error, execution.get("cause", ""))):
        return "timed-out"
    return STATUSES.get(execution["status"], "running")


def explain(error: str, cause: str) -> str:
    """A failure in one or two lines. A job's cause is the whole job as JSON; only its reason is for people."""
    details = parse(cause)
    if isinstance(details, Mapping):
        if query := find_in(details, "QueryExecution", "Status", "StateChangeReason"):
            return str(query)
        details = next((details[key] for key in JOB_RUNS if key in details), details)
        for key in REASONS:
            if details.get(key):
                return str(details[key])
        return explain_status(error, details)
    if cause.lstrip().startswith("{"):  # a long cause that was cut off, so it is no JSON any more
        found = re.search(rf'"(?:{"|".join(REASONS)})":\s*"((?:[^"\\]|\\.)+)', cause)
        return parse(f'"{found[1]}"') or found[1] if found else error
    return ": ".join(part for part in (error, cause) if part)


def explain_status(error: str, job: Mapping[str, Any]) -> str:
    """Of a job without a reason, how it ended: what SageMaker stops at the time limit has none."""
    limit = find_in(job, "StoppingCondition", "MaxRuntimeInSeconds")
    if job.get("SecondaryStatus") == "MaxRuntimeExceeded":
        return f"MaxRuntimeExceeded: the job ran longer than its MaxRuntimeInSeconds ({limit or 'as set'})."
    statuses = [str(value) for key, value in job.items() if key.endswith("Status") and isinstance(value, str)]
    return ": ".join([error, ", ".join(statuses)] if statuses else [error])


def read_verdict(error: str, cause: str) -> Verdict | None:
    """What a gate refused, from the execution's error and cause; None when it was no gate."""
    if error != REFUSED:
        return None
    told = find_in(parse(cause), "conditions")
    return Verdict(passed=False, conditions=tuple(map(_finding, told)) if isinstance(told, list) else ())


def read_rejection(error: str, cause: str) -> Answer | None:
    """What the person said who ended an execution, or a step of it; None when nobody did."""
    return Answer.parse(cause, approved=False) if error == REJECTED else None


def _finding(told: Any) -> Finding:
    value = finite(find_in(told, "value"))
    return Finding(
        metric=str(find_in(told, "metric")),
        value=None if value is None else float(value),
        passed=find_in(told, "passed") is True,
        bound=str(find_in(told, "bound") or ""),
    )


def parse(text: Any) -> Any:
    """JSON, or None for what is none: histories cut long texts off."""
    try:
        return read_json(text)
    except (AttributeError, TypeError, NotStrictJson):
        return None


def find_in(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
