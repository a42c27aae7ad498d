"""``mlops-iac graph``: the picture of an environment, deployed or not."""

from __future__ import annotations

import json
import re

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes

LAYERS = {"boundary", "encryption", "network", "lake", "training", "endpoint", "monitoring", "catalogue"}


@pytest.fixture
def graph(project, monkeypatch, capsys):
    """``graph("--format", "dot")`` answers what is printed."""
    monkeypatch.chdir(project)

    def run(*options: str) -> str:
        assert run_command(["graph", "screening-dev", *options]) == exit_codes.OK
        return capsys.readouterr().out

    return run


def test_mermaid_shows_the_layers_and_what_they_stand_on(graph):
    lines = graph().splitlines()
    assert lines[0] == "flowchart LR"
    boxes = {match.group(1) for line in lines if (match := re.match(r'  \w+\["(.+)<br/>\d+ resources?"\]', line))}
    assert boxes >= LAYERS
    assert "  lake --> training" in lines
    assert "  training --> lake" not in lines


def test_dot_with_resources_draws_each_and_only_arrows_between_what_is_drawn(graph):
    text = graph("--format", "dot", "--resources")
    nodes = set(re.findall(r'^    "(.+)";$', text, re.MULTILINE))
    edges = re.findall(r'^  "(.+)" -> "(.+)";$', text, re.MULTILINE)
    assert {"lake-bucket", "training-state-machine"} <= nodes
    assert len(nodes) > 40
    assert edges
    assert {end for edge in edges for end in edge} <= nodes


def test_json_has_nodes_with_parents_and_edges_between_them(graph):
    body = json.loads(graph("--json"))
    urns = {node["urn"] for node in body["nodes"]}
    assert all(edge["from"] in urns and edge["to"] in urns for edge in body["edges"])
    assert all(node["parent"] in urns for node in body["nodes"] if node["parent"])


def test_what_is_deployed_is_drawn_from_its_state_and_runs_no_program(recorded_stack, monkeypatch, capsys):
    resources = json.loads(recorded_stack.read_text())["checkpoint"]["latest"]["resources"]
    monkeypatch.setattr("mlops_iac.cli.graph.open_backend", lambda *_: pytest.fail("a program would run"))
    capsys.readouterr()
    assert run_command(["graph", "screening-dev", "--json"]) == exit_codes.OK
    body = json.loads(capsys.readouterr().out)
    assert {node["urn"] for node in body["nodes"]} == {one["urn"] for one in resources}
    told = {(needed, one["urn"]) for one in resources for needed in one.get("dependencies", ())}
    assert {(edge["from"], edge["to"]) for edge in body["edges"]} == told


def test_the_stack_file_is_drawn_on_request_though_something_else_is_deployed(recorded_stack, graph):
    assert "training" not in graph()
    assert "  lake --> training" in graph("--preview")


def test_an_unknown_format_is_refused_with_those_there_are(project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    assert run_command(["graph", "screening-dev", "--format", "svg"]) == exit_codes.CONFIGURATION
    assert "mermaid" in capsys.readouterr().err
