"""A pipeline's graph as blocks: steps one after another, and groups of blocks beside each other.

For orchestrators whose documents nest (ASL's Parallel). Not every graph nests: in ``a → c``, ``a → d``, ``b → d`` no
group holds exactly what may run together. There all steps that wait for nothing are done before the others begin: that
is one of the orders that the graph allows, so the result is the same and only some time is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops_iac.pipelines.choices import members
from mlops_iac.pipelines.pipeline import Pipeline, ordered
from mlops_iac.pipelines.steps import Step


@dataclass(frozen=True)
class Beside:
    """Branches that do not need each other."""

    branches: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True)
class Fork:
    """A choice with its ways, of which one is gone; to its outside it is one step."""

    choice: Step
    ways: tuple[tuple[Block, ...], ...]


Block = Step | Beside | Fork

Needs = dict[str, frozenset[str]]


def blocks_of(pipeline: Pipeline) -> tuple[Block, ...]:
    """The pipeline's steps as blocks, in an order in which each is done before what needs it."""
    return _blocks(pipeline, frozenset(step.name for step in pipeline.steps))


def _blocks(pipeline: Pipeline, names: frozenset[str]) -> tuple[Block, ...]:
    """The blocks of some steps; what lies in a way of theirs is a part of its choice."""
    steps = {step.name: step for step in pipeline.steps}
    ways = {name: [members(way, steps) for way in steps[name].ways] for name in names if steps[name].ways}
    stands_for = {inner: name for name, found in ways.items() for way in found for inner in way}
    outer = names - stands_for.keys()

    def owner(name: str) -> str:
        return owner(stands_for[name]) if name in stands_for else name

    grouped: dict[str, set[str]] = {name: set() for name in outer}
    for name in names:
        grouped[owner(name)] |= {owner(need) for need in pipeline.needs(steps[name]) if need in names}
    needs = {name: frozenset(found - {name}) for name, found in grouped.items()}
    order = ordered(needs, [step.name for step in pipeline.steps], pipeline.name)
    whole = _series([steps[name] for name in order], needs)
    return _forked(whole, pipeline, ways)


def _forked(blocks: tuple[Block, ...], pipeline: Pipeline, ways: dict[str, list[frozenset[str]]]) -> tuple[Block, ...]:
    """The same blocks, each choice with its ways."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Beside):
            made.append(Beside(tuple(_forked(branch, pipeline, ways) for branch in block.branches)))
        elif isinstance(block, Step) and block.name in ways:
            made.append(Fork(block, tuple(_blocks(pipeline, way) if way else () for way in ways[block.name])))
        else:
            made.append(block)
    return tuple(made)


def _series(steps: Sequence[Step], needs: Needs) -> tuple[Block, ...]:
    """``steps`` are in an order that the graph allows."""
    if len(steps) == 1:
        return (steps[0],)
    parts = _apart(steps, needs)
    if len(parts) > 1:
        return (Beside(tuple(_series(part, needs) for part in parts)),)
    before, after = _cut(steps, needs)
    return (*_series(before, needs), *_series(after, needs))


def _apart(steps: Sequence[Step], needs: Needs) -> list[list[Step]]:
    """Steps by the part of the graph that they hang together with, in the order of each part's first."""
    parts: list[list[Step]] = []
    for step in steps:
        near = [part for part in parts if any(_joined(step, other, needs) for other in part)]
        joined = sorted((one for part in near for one in part), key=steps.index)
        parts = [part for part in parts if part not in near]
        parts.append([*joined, step])
    return sorted(parts, key=lambda part: steps.index(part[0]))


def _joined(one: Step, other: Step, needs: Needs) -> bool:
    return one.name in needs[other.name] or other.name in needs[one.name]


def _cut(steps: Sequence[Step], needs: Needs) -> tuple[Sequence[Step], Sequence[Step]]:
    """What is done before the rest begins: the least that all of the rest needs; else what waits for nothing here."""
    here = {step.name for step in steps}
    for length in range(1, len(steps)):
        before, after = steps[:length], steps[length:]
        done = {step.name for step in before}
        last = done.difference(*(needs[step.name] for step in before))
        first = [step for step in after if not (needs[step.name] & here) - done]
        if all(last <= needs[step.name] for step in first):
            return before, after
    waits = {step.name: bool(needs[step.name] & here) for step in steps}
    return [step for step in steps if not waits[step.name]], [step for step in steps if waits[step.name]]
