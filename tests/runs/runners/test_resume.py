"""Where an execution goes on when another one broke off."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.runs.runners.step_functions.resume import plan_resume

BRANCHES = [{"States": {"left": {}}}, {"States": {"Together 2": {"Branches": [{"States": {"right": {}}}]}}}]
DEFINITION: dict[str, Any] = {
    "States": {
        "Go on": {},
        "prepare": {},
        "prepare: wait": {},
        "Together 1": {"Branches": BRANCHES},
        "evaluate": {},
        "deploy": {},
    }
}


def entered(*names: str) -> list[dict[str, Any]]:
    """A history in which these states began; each was given what those before it left."""
    events = []
    for number, name in enumerate(names, start=1):
        steps = {one: {"made": one} for one in names[: number - 1]}
        details = {"name": name, "input": json.dumps({"run": "r", "steps": steps})}
        events += [{"id": number * 2, "type": "TaskStateEntered", "stateEnteredEventDetails": details}]
        events += [{"id": number * 2 + 1, "type": "TaskSucceeded"}]
    return events


def test_it_begins_where_the_step_began_with_what_was_there_then() -> None:
    found = plan_resume(DEFINITION, entered("prepare", "prepare: wait", "Together 1", "evaluate"), "evaluate", ())
    assert (found.at, found.reused) == ("evaluate", ("Together 1", "prepare"))
    assert set(found.steps) == {"prepare", "prepare: wait", "Together 1"}


@pytest.mark.parametrize("step", ["left", "right"])
def test_a_step_beside_others_is_begun_at_with_them(step: str) -> None:
    found = plan_resume(DEFINITION, entered("prepare", "Together 1", "left"), step, ())
    assert (found.at, found.reused) == ("Together 1", ("prepare",))


def test_what_was_taken_over_is_taken_over_again() -> None:
    found = plan_resume(DEFINITION, entered("evaluate", "deploy"), "deploy", ("prepare",))
    assert found.reused == ("evaluate", "prepare")
    with pytest.raises(UsageError, match="taken over from a run before"):
        plan_resume(DEFINITION, entered("evaluate"), "prepare", ("prepare",))


def test_a_step_that_was_never_come_to_is_refused() -> None:
    with pytest.raises(UsageError, match="`deploy` did not begin"):
        plan_resume(DEFINITION, entered("prepare"), "deploy", ())


@pytest.mark.parametrize("definition", [{}, {"States": {"prepare": {}}}, {"States": {"Go on": {}}}])
def test_a_document_that_cannot_begin_later_is_told(definition: dict[str, Any]) -> None:
    with pytest.raises(RunError, match="no way to begin at `prepare`") as caught:
        plan_resume(definition, entered("prepare"), "prepare", ())
    assert "mlops-iac up" in caught.value.hint
