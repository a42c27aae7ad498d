"""How many machines a stack may take at the same moment: each pipeline's widest place, and what serves.

Steps that do not need each other run beside each other, so of a pipeline it is the set of such steps that takes most.
All pipelines of a stack may run at once; that somebody starts one of them several times is not counted, and neither are
queues, which have a ceiling of their own (`max_vcpus`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mlops_iac.pipelines.pipeline import Pipeline


@dataclass(frozen=True, kw_only=True)
class AtOnce:
    parts: Mapping[str, int]
    """Pipeline or ``endpoint`` to how many machines."""

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    def __str__(self) -> str:
        """``training 5, endpoint 2``"""
        return ", ".join(f"{name} {count}" for name, count in self.parts.items())


def machines_at_once(pipelines: Sequence[Pipeline], options: Any) -> AtOnce:
    found = {pipeline.name: widest(pipeline) for pipeline in pipelines}
    serving = getattr(getattr(options, "serving", None), "most", 0)
    return AtOnce(parts={name: count for name, count in {**found, "endpoint": serving}.items() if count})


def widest(pipeline: Pipeline) -> int:
    """The most that steps take which may run at the same time."""
    weights = {
        step.name: max(
            (machines.instance_count * int(getattr(step, "max_parallel", 1)) for machines in step.jobs()), default=0
        )
        for step in pipeline.steps
    }
    names = [name for name, weight in weights.items() if weight]
    apart = {name: _reach(pipeline, name) for name in names}
    beside = {
        one: frozenset(other for other in names if other not in apart[one] and one not in apart[other]) for one in names
    }

    @cache
    def most(left: frozenset[str]) -> int:
        clash = next((name for name in sorted(left) if (left - {name}) - beside[name]), None)
        if clash is None:
            return sum(weights[name] for name in left)
        return max(most(left - {clash}), weights[clash] + most((left - {clash}) & beside[clash]))

    return most(frozenset(names))


def _reach(pipeline: Pipeline, start: str) -> set[str]:
    """Every step that can only begin when this one is done, itself included."""
    later: dict[str, set[str]] = {}
    for step in pipeline.steps:
        for needed in pipeline.needs(step):
            later.setdefault(needed, set()).add(step.name)
    found, todo = {start}, [start]
    while todo:
        for name in later.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return found
