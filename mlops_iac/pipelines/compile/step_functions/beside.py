"""Steps that do not need each other run beside each other: ASL's Parallel.

A branch gets a copy of the whole input, and answers with what its steps left (`$.steps`); the state behind the
Parallel puts these together. When a branch fails Step Functions stops the others, and the Parallel fails with that
branch's error and cause, which go the way of every failure. Branches have no way out, so each has failure states of
its own.

https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mlops_iac.pipelines.blocks import Beside, Block, Fork
from mlops_iac.pipelines.compile.step_functions import expressions as x
from mlops_iac.pipelines.compile.step_functions.context import State, States
from mlops_iac.pipelines.compile.step_functions.failure import NAME, catch, ends, failure_start
from mlops_iac.pipelines.steps import Step

TOGETHER, JOINED, DONE = "Together", "Joined", "Done"

CompileStep = Callable[[Step, str, str], States]
"""A step's states, that go on to the first state named when it is done; a choice may go on to the second."""


def series(blocks: Sequence[Block], following: str, compile_step: CompileStep, numbers: Iterator[int]) -> States:
    """The states of blocks that come after each other; the first of them is where the blocks start."""
    starts = starts_of(blocks, numbers)
    states: States = {}
    for block, start, after in zip(blocks, starts, [*starts[1:], following], strict=True):
        if isinstance(block, Beside):
            states.update(_beside(block, start, after, compile_step, numbers))
        elif isinstance(block, Fork):
            states.update(_fork(block, after, compile_step, numbers))
        else:
            states.update(compile_step(block, after, ""))
    return states


def starts_of(blocks: Sequence[Block], numbers: Iterator[int] | None = None) -> list[str]:
    """The state that each block begins with; numbers are those of the whole document when none are given."""
    counted = itertools.count(1) if numbers is None else numbers
    return [f"{TOGETHER} {next(counted)}" if isinstance(block, Beside) else _first(block).name for block in blocks]


def _first(block: Step | Fork) -> Step:
    return block.choice if isinstance(block, Fork) else block


def _fork(block: Fork, following: str, compile_step: CompileStep, numbers: Iterator[int]) -> States:
    """The choice's own states, then those of its ways; each way ends where the other does."""
    ways = [series(way, following, compile_step, numbers) if way else {} for way in block.ways]
    firsts = [next(iter(way), following) for way in ways]
    states = compile_step(block.choice, *firsts)
    return functools.reduce(operator.or_, ways, states)


def _beside(block: Beside, start: str, following: str, compile_step: CompileStep, numbers: Iterator[int]) -> States:
    number = start.removeprefix(f"{TOGETHER} ")
    joined = f"{JOINED} {number}"
    parallel = {
        "Type": "Parallel",
        "Branches": [
            _branch(branch, f" {number}.{index}", compile_step, numbers)
            for index, branch in enumerate(block.branches, start=1)
        ],
        "ResultPath": "$.branches",
        "Catch": catch(),
        "Next": joined,
    }
    left = functools.reduce(x.merge, (f"$.branches[{index}]" for index in range(len(block.branches))))
    return {start: parallel, joined: _join(left, following)}


def _branch(blocks: Sequence[Block], suffix: str, compile_step: CompileStep, numbers: Iterator[int]) -> State:
    done = f"{DONE}{suffix}"
    states = series(blocks, done, compile_step, numbers)
    return {
        "StartAt": next(iter(states)),
        "States": {
            **{name: _redirected(state, failure_start(), f"{NAME}{suffix}") for name, state in states.items()},
            done: {"Type": "Succeed", "OutputPath": "$.steps"},
            **ends(suffix),
        },
    }


def _join(left: str, following: str) -> State:
    """The input again, with what the branches left."""
    kept = {f"{name}.$": f"$.{name}" for name in ("run", "code", "names", "parameters", "constants")}
    return {"Type": "Pass", "Parameters": {**kept, "steps.$": left}, "Next": following}


def _redirected(value: Any, old: str, new: str) -> Any:
    """A state whose transitions to one state lead to another. Branches have states of their own."""
    if isinstance(value, list):
        return [_redirected(inner, old, new) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, inner in value.items():
        if key in ("Next", "Default") and inner == old:
            made[key] = new
        else:
            made[key] = inner if key in ("Branches", "ItemProcessor") else _redirected(inner, old, new)
    return made
