"""What a flow's execution did, told by its steps."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_iac.core.environment import Pipeline, Step
from mlops_iac.runs.runners.metaflow.story import Story

STEPS = ("start", "choose", "fit", "best", "end")
PIPELINE = Pipeline(
    name="training",
    target="metaflow",
    handle="arn:aws:states:eu-central-1:123456789012:stateMachine:digits-dev-flow_DigitsFlow",
    framework="sklearn",
    framework_version="1.4-2",
    code="code",
    code_prefix="code/",
    steps=tuple(Step(name=name, kind="flow") for name in STEPS),
)
BEGAN = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)


class Told:
    """Events as Step Functions tells them, each a second after the one before."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    def add(self, type: str, after: int = 0, **details: Any) -> int:
        number = next(self._numbers)
        time = BEGAN + timedelta(seconds=number)
        self.events.append({"id": number, "previousEventId": after, "timestamp": time, "type": type, **details})
        return number

    def enter(self, name: str, after: int = 0, kind: str = "Task") -> int:
        return self.add(f"{kind}StateEntered", after, stateEnteredEventDetails={"name": name})

    def submit(self, after: int, job: str) -> int:
        output = json.dumps({"JobId": job})
        return self.add("TaskSubmitted", after, taskSubmittedEventDetails={"output": output})

    def leave(self, name: str, after: int) -> int:
        return self.add("TaskStateExited", after, stateExitedEventDetails={"name": name})

    def steps(self) -> dict[str, Any]:
        story = Story(PIPELINE)
        story.read(self.events)
        return {step.name: step for step in story.steps}


def test_a_step_of_a_foreach_is_over_when_each_of_its_tasks_is() -> None:
    told = Told()
    first = told.leave("choose", told.submit(told.enter("choose"), "job-0"))
    counted = told.enter("#fit", first)
    mapped = told.enter("*fit", told.leave("#fit", counted), "Map")
    one, other = told.enter("fit", mapped), told.enter("fit", mapped)
    one, other = told.submit(one, "job-1"), told.submit(other, "job-2")
    told.leave("fit", one)
    assert told.steps()["fit"].status == "running"
    told.leave("fit", other)
    steps = told.steps()
    assert (steps["choose"].status, steps["fit"].status, steps["best"].status) == ("succeeded", "succeeded", "waiting")
    assert steps["fit"].job == "job-1 job-2"
    assert steps["fit"].seconds == 5
    assert set(steps) == set(STEPS), "what Metaflow needs for itself is no step"


def test_a_failed_task_says_why_and_what_follows_is_skipped() -> None:
    told = Told()
    task = told.submit(told.enter("start"), "job-0")
    cause = json.dumps({"JobId": "job-0", "StatusReason": "Essential container in task exited"})
    told.add("TaskFailed", task, taskFailedEventDetails={"error": "States.TaskFailed", "cause": cause})
    story = Story(PIPELINE)
    story.read(told.events)
    story.end("failed", BEGAN, "it failed")
    steps = {step.name: step for step in story.steps}
    assert (steps["start"].status, steps["start"].reason) == ("failed", "Essential container in task exited")
    assert {steps[name].status for name in STEPS[1:]} == {"skipped"}


def test_a_run_that_is_stopped_stops_the_steps_it_is_at() -> None:
    told = Told()
    told.submit(told.enter("start"), "job-0")
    story = Story(PIPELINE)
    story.read(told.events)
    story.end("stopped", BEGAN, "Stopped: by anna")
    assert story.steps[0].status == "stopped"


def test_a_step_that_the_flow_s_text_did_not_show_is_told_as_well() -> None:
    told = Told()
    told.leave("inherited", told.submit(told.enter("inherited"), "job-0"))
    assert told.steps()["inherited"].status == "succeeded"
