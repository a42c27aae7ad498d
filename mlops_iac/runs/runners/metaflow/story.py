"""What a flow's execution did, by its steps. Pure.

States are called like their step. Beside them stand those that Metaflow needs for itself: ``#step`` reads how often a
step is to be done, ``*step`` does it that often, and a hash stands for branches beside each other. A step of a
`foreach` is entered once for each of its tasks, so that what counts is how many went in and came out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mlops_iac.core.environment import Pipeline
from mlops_iac.runs.run import RunStatus, StepRun, StepStatus
from mlops_iac.runs.runners.step_functions.story import explain, find_in, parse

Event = Mapping[str, Any]

FAILURES = ("taskFailedEventDetails", "taskTimedOutEventDetails", "taskSubmitFailedEventDetails")
_ENDS: Mapping[RunStatus, StepStatus] = {"stopped": "stopped", "succeeded": "succeeded"}
"""How a step ends that still ran when the run was over; with any other end it failed."""


@dataclass
class Told:
    """One step, as far as the events tell."""

    name: str
    entered: int = 0
    left: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    jobs: list[str] = field(default_factory=list)
    """Numbers of its tasks' jobs, in the order in which they were submitted."""
    failed: bool = False
    reason: str = ""

    @property
    def step(self) -> StepRun:
        return StepRun(
            name=self.name,
            kind="flow",
            status=self._status,
            started=self.started,
            ended=self.ended if self._status != "running" else None,
            job=" ".join(self.jobs) or None,
            job_kind="batch",
            reason=self.reason if self.failed else "",
        )

    @property
    def _status(self) -> StepStatus:
        if self.failed:
            return "failed"
        if not self.entered:
            return "waiting"
        return "succeeded" if self.left == self.entered else "running"


class Story:
    """Reads events one by one; `steps` is where things stand."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._told = {step.name: Told(step.name) for step in pipeline.steps}
        self._at: dict[int, str] = {}
        self._ended: tuple[StepRun, ...] | None = None

    @property
    def steps(self) -> tuple[StepRun, ...]:
        return self._ended or tuple(told.step for told in self._told.values())

    def read(self, events: Iterable[Event]) -> None:
        for event in events:
            entered, left = event.get("stateEnteredEventDetails"), event.get("stateExitedEventDetails")
            name = entered["name"] if entered else self._at.get(event.get("previousEventId", 0), "")
            self._at[event["id"]] = name
            if entered:
                self._enter(entered["name"], event)
            elif left:
                self._leave(left["name"], event)
            elif name in self._told:
                self._work(self._told[name], event)

    def end(self, status: RunStatus, ended: datetime | None, error: str) -> None:
        """The execution is over: steps that still ran end as it did, and later ones will never start."""
        broken = any(told.failed for told in self._told.values())
        self._ended = tuple(_ended(told.step, status, ended, error, broken) for told in self._told.values())

    def _enter(self, name: str, event: Event) -> None:
        """A step that the text of the flow did not show (a base class brought it) is told as well."""
        if event["type"] != "TaskStateEntered" or name.startswith("#"):
            return
        told = self._told.setdefault(name, Told(name))
        told.entered += 1
        told.started = told.started or event["timestamp"]

    def _leave(self, name: str, event: Event) -> None:
        if name in self._told:
            self._told[name].left += 1
            self._told[name].ended = event["timestamp"]

    def _work(self, told: Told, event: Event) -> None:
        number = find_in(parse(find_in(event, "taskSubmittedEventDetails", "output")), "JobId")
        if isinstance(number, str):
            told.jobs.append(number)
        for key in FAILURES:
            if key in event:
                told.failed, told.ended = True, event["timestamp"]
                told.reason = explain(event[key].get("error", ""), event[key].get("cause", ""))


def _ended(step: StepRun, status: RunStatus, ended: datetime | None, error: str, broken: bool) -> StepRun:
    if step.status == "waiting":
        return replace(step, status="skipped")
    if step.status != "running":
        return step
    as_run: StepStatus = "stopped" if broken else _ENDS.get(status, "failed")
    return replace(step, status=as_run, ended=ended, reason=error if as_run == "failed" else "")
