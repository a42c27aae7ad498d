"""Graphs as blocks: everything that may run together does, and nothing before what it needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_iac.pipelines.blocks import Beside, Block, blocks_of
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import Job, Output, ProcessingStep


def graph(**needs: str) -> Pipeline:
    """``graph(a="", b="a")``: steps with what they wait for, one letter each."""
    steps = tuple(
        ProcessingStep(
            name=name,
            script="x.py",
            inputs={},
            outputs={"out": Output(zone="curated")},
            after=tuple(after),
            job=Job(instance_type="ml.m5.large"),
        )
        for name, after in needs.items()
    )
    return Pipeline(name="p", steps=steps)


def shown(blocks: Sequence[Block]) -> str:
    return "".join(
        f"({'|'.join(shown(branch) for branch in block.branches)})" if isinstance(block, Beside) else block.name
        for block in blocks
    )


@pytest.mark.parametrize(
    ("needs", "blocks"),
    [
        ({"a": ""}, "a"),
        ({"a": "", "b": "a", "c": "b"}, "abc"),
        ({"a": "", "b": ""}, "(a|b)"),
        ({"a": "", "b": "a", "c": "a", "d": "bc"}, "a(b|c)d"),
        ({"a": "", "b": "a", "c": "b", "d": "a", "e": "cd"}, "a(bc|d)e"),
        ({"a": "", "b": "", "c": "ab", "d": ""}, "((a|b)c|d)"),
        ({"a": "", "b": "a", "c": "ab"}, "abc"),
    ],
)
def test_a_graph_that_nests_is_nested(needs: dict[str, str], blocks: str) -> None:
    assert shown(blocks_of(graph(**needs))) == blocks


def test_a_graph_that_does_not_nest_is_ordered_where_it_must_be() -> None:
    assert shown(blocks_of(graph(a="", b="", c="a", d="ab"))) == "(a|b)(c|d)"


@st.composite
def graphs(draw: Any) -> Pipeline:
    names = "abcdefg"[: draw(st.integers(1, 7))]
    return graph(
        **{n: "".join(m for m in names[:i] if draw(st.booleans())) for i, n in enumerate(names)}  # to earlier ones only
    )


@given(graphs())
def test_each_step_is_there_once_and_after_all_that_it_needs(pipeline: Pipeline) -> None:
    ended: dict[str, int] = {}
    clock = count()

    def walk(blocks: Sequence[Block], before: frozenset[str]) -> Iterator[str]:
        """Steps done; ``before`` are those that are surely done when these begin."""
        for block in blocks:
            if isinstance(block, Beside):
                done = frozenset(name for branch in block.branches for name in walk(branch, before))
            else:
                assert {*pipeline.needs(block)} <= before
                assert block.name not in ended
                ended[block.name] = next(clock)
                done = frozenset((block.name,))
            yield from done
            before |= done

    assert {*walk(blocks_of(pipeline), frozenset())} == {step.name for step in pipeline.steps}
