"""Environments as pictures."""

from __future__ import annotations

import re

import pytest

from mlops_iac.engine.event import Step
from mlops_iac.render.graph import render_dot, render_mermaid
from tests.render.conftest import component, resource

BUCKET, POLICY = resource("lake", "bucket"), resource("lake", "policy")
MACHINE = resource("flow", "machine", new={"dependencies": [BUCKET.urn, component("lake").urn, "urn:elsewhere"]})
STEPS = [component("lake"), BUCKET, POLICY, component("flow"), MACHINE]

MERMAID = re.compile(
    r'flowchart LR|  \w+\["[^"]*"\]|  subgraph \w+\["[^"]*"\]|    \w+\["[^"]*"\]|  end|  \w+ --> \w+', re.ASCII
)
DOT = re.compile(
    r'digraph environment \{|  rankdir=LR;|  node \[.*\];|  "(\\.|[^"\\])*" \[label="(\\.|[^"\\])*"\];'
    r'|  subgraph "(\\.|[^"\\])*" \{ label="(\\.|[^"\\])*";|    "(\\.|[^"\\])*";|  \}|\}'
    r'|  "(\\.|[^"\\])*" -> "(\\.|[^"\\])*";'
)


def nasty() -> list[Step]:
    """Names that a picture's language could stumble over."""
    names = ['a"b', "end", "a-b", "a_b", "a.b", "naïve", "<i>", "back\\slash"]
    return [step for name in names for step in (component(name), resource(name, 'x"y'))]


@pytest.mark.parametrize("resources", [False, True])
@pytest.mark.parametrize("steps", [STEPS, nasty(), []], ids=["plain", "nasty", "none"])
def test_every_line_is_one_that_the_language_knows(steps, resources):
    for line in render_mermaid(steps, resources=resources).splitlines():
        assert MERMAID.fullmatch(line), line
    for line in render_dot(steps, resources=resources).splitlines():
        assert DOT.fullmatch(line), line


def test_layers_are_boxes_and_dependencies_between_them_arrows():
    assert render_mermaid(STEPS).splitlines() == [
        "flowchart LR",
        '  flow["flow<br/>1 resource"]',
        '  lake["lake<br/>2 resources"]',
        "  lake --> flow",
    ]


def test_resources_are_drawn_inside_their_layers():
    assert render_mermaid(STEPS, resources=True).splitlines() == [
        "flowchart LR",
        '  subgraph flow_layer["flow"]',
        '    flow_machine["machine"]',
        "  end",
        '  subgraph lake_layer["lake"]',
        '    lake_bucket["bucket"]',
        '    lake_policy["policy"]',
        "  end",
        "  lake_bucket --> flow_machine",
    ]
    assert '  "lake-bucket" -> "flow-machine";' in render_dot(STEPS, resources=True)


def test_the_picture_is_the_same_in_whatever_order_things_were_done():
    for render in (render_mermaid, render_dot):
        assert render(STEPS, resources=True) == render(STEPS[::-1], resources=True)


def test_names_that_differ_only_in_punctuation_stay_different():
    text = render_mermaid(nasty())
    ids = re.findall(r"^  (\w+)\[", text, re.MULTILINE)
    assert len(ids) == len(set(ids)) == 8
    assert "end" not in ids


def test_what_is_not_in_the_picture_has_no_arrow():
    assert "elsewhere" not in render_dot(STEPS, resources=True)
