"""Going on where another execution broke off, in a new one.

RedriveExecution is not for these documents: a failed call is caught, so that the team is told, and an execution ends in
its Fail state, which a redrive would only enter again; and a job's name, which the input holds, can be used once.
So a new execution begins at that state, with what the steps before it had left when the other one came there.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.runs.runners.step_functions.story import Event, find_in, parse, step_of

GO_ON = "Go on"
"""The state by which a document says that it can begin at later ones."""


@dataclass(frozen=True)
class Resume:
    """Where to begin, and what is taken from the execution before."""

    at: str
    """A state: the step's first, or that of the steps beside which it stands."""
    steps: Mapping[str, Any]
    """What the steps before it left."""
    reused: tuple[str, ...]
    """Names of those steps, and of states that belong to none."""


def plan_resume(definition: Mapping[str, Any], events: Sequence[Event], step: str, reused: Sequence[str]) -> Resume:
    """Begin at a step. ``reused`` are steps that the execution itself had taken from one before.

    Raises UsageError for a step that the execution never came to, RunError for a document that cannot begin later.
    """
    states = definition.get("States", {})
    at = next((name for name, state in states.items() if name == step or step in _inside(state)), None)
    if at is None or GO_ON not in states:
        raise RunError(
            "The pipeline cannot begin there.",
            f"Its state machine has no way to begin at `{step}`.",
            hint="bring it up to date with `mlops-iac up STACK`, or start a new run.",
        )
    entered = next((event for event in events if find_in(event, "stateEnteredEventDetails", "name") == at), None)
    left = find_in(parse(find_in(entered, "stateEnteredEventDetails", "input")), "steps")
    if step in reused:
        raise UsageError(
            "That step was not done in this run.",
            f"What `{step}` made was taken over from a run before.",
            hint="name a later step, or retry that run: `runs show STACK RUN` names it.",
        )
    if entered is None or not isinstance(left, Mapping):
        raise UsageError(
            "The run never came to that step.",
            f"`{step}` did not begin, so what it reads was not made.",
            hint="name the step that failed, or an earlier one.",
        )
    before = [find_in(one, "stateEnteredEventDetails", "name") for one in events if one["id"] < entered["id"]]
    done = {step_of(name) for name in before if name} | set(reused)
    return Resume(at, left, tuple(sorted(done - {step_of(at)})))


def _inside(state: Mapping[str, Any]) -> Iterator[str]:
    """The names of all states inside one, at any depth."""
    for branch in state.get("Branches", ()):
        for name, inner in branch["States"].items():
            yield name
            yield from _inside(inner)
