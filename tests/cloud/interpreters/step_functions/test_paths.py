"""JSONPath as AWS takes it, and failures of branches under their own names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.cloud.interpreters.step_functions.paths import is_definite
from tests.cloud.interpreters.step_functions.test_step_functions import ROLE, machine, wait
from tests.support.roles import make_mighty_role

GIVEN = {"a": 1, "b": {"c.d": 2, "e": [3, {"f": 4}]}, "list": [{"x": 5}, {"x": 6}]}


@pytest.fixture(scope="module")
def sfn(cloud: Any) -> Any:
    make_mighty_role(cloud.clients(), "runner", "states", "sagemaker")
    return cloud.clients()("stepfunctions")


def run(sfn: Any, name: str, document: dict[str, Any]) -> dict[str, Any]:
    made = sfn.create_state_machine(name=name, definition=json.dumps(document), roleArn=ROLE)["stateMachineArn"]
    started = sfn.start_execution(stateMachineArn=made, input=json.dumps(GIVEN))["executionArn"]
    return wait(sfn, started, 60)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.['a','b']", {"a": 1, "b": GIVEN["b"]}),
        ("$['a', 'gone']", {"a": 1}),
        ("$.b['e','gone']", {"e": GIVEN["b"]["e"]}),
        ("$.b.['c.d']", 2),
        ("$.list[0].x", 5),
        ("$.list[1]", {"x": 6}),
        ("$.list[*].x", [5, 6]),
        ("$.b.e[1].f", 4),
    ],
)
def test_a_path_finds_what_it_finds_on_aws(sfn: Any, path: str, found: Any) -> None:
    name = f"path-{abs(hash(path))}"
    ended = run(sfn, name, machine({"Type": "Pass", "Parameters": {"found.$": path}}))
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"]) == {"found": found}


def test_an_output_path_with_several_names_passes_those_on(sfn: Any) -> None:
    ended = run(sfn, "several", machine({"Type": "Pass", "OutputPath": "$.['a', 'nothing', 'list']"}))
    assert json.loads(ended["output"]) == {"a": 1, "list": GIVEN["list"]}


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_a_branch_that_fails_by_an_error_of_the_language_says_so(sfn: Any, kind: str) -> None:
    inner = machine({"Type": "Pass", "Parameters": {"found.$": "$.gone"}})
    outer = {"Branches": [inner]} if kind == "Parallel" else {"Iterator": inner, "ItemsPath": "$.list"}
    ended = run(sfn, f"fails-{kind}", machine({"Type": kind, **outer}))
    assert ended["status"] == "FAILED"
    assert ended["error"] == "States.Runtime"
    assert "$.gone" in ended["cause"]


@pytest.mark.parametrize(
    ("path", "definite"),
    [
        ("$", True),
        ("$.a.b", True),
        ("$.a[0].b", True),
        ("$['a*b'].c", True),
        ("$.a[*].b", False),
        ("$.a[0:2]", False),
        ("$.a[0,1]", False),
        ("$.a[?(@.b > 1)]", False),
        ("$..b", False),
    ],
)
def test_a_path_without_wildcards_slices_and_filters_leads_to_one_value(path: str, definite: bool) -> None:
    assert is_definite(path) is definite
