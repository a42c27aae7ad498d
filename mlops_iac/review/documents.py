"""What differs in the documents that orchestrators are given, besides what the environment's contract tells already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_iac.core.environment import MACHINES
from mlops_iac.engine.event import Step
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.render.compare import Change, compare
from mlops_iac.review.sentence import Sentence, say

Contract = Mapping[str, Any]

MOST = 5
"""Differences told of one step; the rest is counted, and stands among the properties."""

_WAYS = re.compile(r"(^|\.)(Next|End|Default|DependsOn|StartAt)(\[|$)")
"""What leads from one part to the next: told as the order of the steps."""
_OF_MACHINES = re.compile(
    r"(InstanceType|InstanceCount|VolumeSizeInGB|MaxRuntimeInSeconds|TimeoutSeconds|HeartbeatSeconds"
    r"|MaxNumberOfTrainingJobs|ResourceRequirements\[[^\]]*\]\.Value)$"
)
"""What says machines and times, in SageMaker's words and in Batch's: told as the step's machines."""


def document_changes(before: Contract, after: Contract, steps: Sequence[Step]) -> Iterator[Sentence]:
    """``steps`` are the preview's; one of them is the resource that the pipeline is."""
    if before["target"] != after["target"] or after["target"] not in TARGETS:
        return
    holder = next((step for step in steps if step.old and before["handle"] in _names(step.old)), None)
    if holder is None or not holder.new or not holder.diff:
        return
    parts_of = get_target(after["target"]).parts_of
    old, new = parts_of(holder.old.get("inputs") or {}), parts_of(holder.new.get("inputs") or {})  # type: ignore[union-attr]
    if not new:
        yield say("What else changes in its document is known after `up`.")
        return
    names, renamed = renames(steps), dict[tuple[str, str], list[str]]()
    known = {step["name"] for step in before["steps"]} & {step["name"] for step in after["steps"]}
    for name in (name for name in new if name in old and name in known):
        differences = compare(old[name], new[name]) or ()
        changes = [one for one in differences if not _is_told(name, one, before, after)]
        for change in changes:
            if (pair := _rename(change, names)) and name not in renamed.setdefault(pair, []):
                renamed[pair].append(name)
        changes = [change for change in changes if not _rename(change, names)]
        for change in changes[:MOST]:
            yield _sentence(name, change)
        if len(changes) > MOST:
            count = len(changes) - MOST
            yield say(f"{{}} differs in {count} more place{'s' * (count > 1)}.", name)
    for (was, now), places in renamed.items():
        yield say(f"{{}} takes the place of {{}} in {', '.join('{}' for _ in places)}.", now, was, *places)


def renames(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """Names of what is replaced, before and after: a document that speaks of them changes with each."""
    pairs = {
        (diff.old, diff.new)
        for step in steps
        for diff in step.diff.values()
        if diff.kind == "update-replace" and isinstance(diff.old, str) and isinstance(diff.new, str)
    }
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def _rename(change: Change, names: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    if not isinstance(change.old, str) or not isinstance(change.new, str):
        return None
    return next((pair for pair in names if pair[0] and change.old.replace(*pair) == change.new), None)


def _names(state: Mapping[str, Any]) -> tuple[Any, ...]:
    return state.get("id"), (state.get("outputs") or {}).get("arn")


def _is_told(name: str, change: Change, before: Contract, after: Contract) -> bool:
    if _WAYS.search(change.path):
        return True
    if not _OF_MACHINES.search(change.path):
        return False
    machines = [_facts(pipeline, name).get(MACHINES) for pipeline in (before, after)]
    return None not in machines and machines[0] != machines[1]


def _facts(pipeline: Contract, name: str) -> Mapping[str, Any]:
    return next((step["facts"] for step in pipeline["steps"] if step["name"] == name), {})


def _sentence(name: str, change: Change) -> Sentence:
    path = _short(name, change.path)
    if change.kind == "add":
        return say("{}: {} is {}, was not there.", name, path, change.new)
    if change.kind == "delete":
        return say("{}: {} is gone, was {}.", name, path, change.old)
    return say("{}: {} is {}, was {}.", name, path, change.new, change.old)


def _short(name: str, path: str) -> str:
    """``HyperParameters.depth`` for ``train.Parameters.HyperParameters.depth``."""
    for start in (f"{name}.", "Parameters.", "Arguments."):
        path = path.removeprefix(start)
    return path
