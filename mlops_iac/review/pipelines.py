"""What a preview changes in the pipelines of an environment, step by step, in words.

What the environment says of its pipelines comes first (steps, machines, gates, parameters); then whatever else differs
in the documents that are deployed, so that nothing of a change is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_iac.core.urns import STACK_TYPE
from mlops_iac.engine.event import Result, Step
from mlops_iac.review.documents import document_changes
from mlops_iac.review.sentence import Sentence, say
from mlops_iac.review.steps import step_changes

Contract = Mapping[str, Any]
"""One pipeline, as an environment's outputs have it: `mlops_iac.core.environment.Pipeline`."""


@dataclass(frozen=True, kw_only=True)
class PipelineChange:
    pipeline: str
    sentences: tuple[Sentence, ...]


def pipeline_changes(result: Result) -> tuple[PipelineChange, ...]:
    """Pipelines in which something changes. Of an environment that is new altogether nothing is said: all of it is."""
    stack = next((step for step in result.steps if step.type == STACK_TYPE), None)
    if stack is None or not stack.old:
        return ()
    before, after = pipelines_of(stack.old.get("outputs")), pipelines_of(result.outputs)
    found = [
        PipelineChange(pipeline=name, sentences=tuple(_changes(before.get(name), after.get(name), result.steps)))
        for name in [*before, *(name for name in after if name not in before)]
    ]
    return tuple(change for change in found if change.sentences)


def pipelines_of(outputs: Any) -> Mapping[str, Contract]:
    """Empty for what is no environment of ours."""
    found = outputs.get("pipelines") if isinstance(outputs, Mapping) and "contract" in outputs else None
    return found if isinstance(found, Mapping) else {}


def _changes(before: Contract | None, after: Contract | None, steps: tuple[Step, ...]) -> Iterator[Sentence]:
    if before is None and after is not None:
        names = [step["name"] for step in after["steps"]]
        yield say("The pipeline is new: " + " → ".join("{}" for _ in names) + ".", *names)
    elif after is None and before is not None:
        yield say("The pipeline is deleted. What its runs made stays in the lake.")
    elif before is not None and after is not None:
        yield from _whole(before, after)
        yield from step_changes(before, after)
        yield from document_changes(before, after, steps)


def _whole(before: Contract, after: Contract) -> Iterator[Sentence]:
    for key, what in _WHOLE.items():
        if before.get(key) != after.get(key):
            yield say(f"{what} {{}}, was {{}}.", after.get(key), before.get(key))
    yield from _parameters(before, after)


_WHOLE = {
    "target": "It runs on",
    "framework": "Its scripts are written for",
    "framework_version": "The framework's version is",
    "code": "Its code is in",
}


def _parameters(before: Contract, after: Contract) -> Iterator[Sentence]:
    """Bounds of gates are told with the gate."""
    bounds = {one.get("parameter") for step in after["steps"] for one in step["facts"].get("conditions", ())}
    old, new = before.get("parameters") or {}, after.get("parameters") or {}
    for name in new:
        if name not in old:
            yield say("A run may be told {}; otherwise it is {}.", name, new[name].get("default"))
    for name in old:
        if name not in new:
            yield say("A run can no longer be told {}.", name)
        elif old[name].get("default") != new[name].get("default") and name not in bounds:
            yield say("{} is {} where a run does not say it, was {}.", name, new[name]["default"], old[name]["default"])
