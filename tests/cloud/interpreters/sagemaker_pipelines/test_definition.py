"""What a definition may say, and what this cloud makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.cloud.interpreters.sagemaker_pipelines.definition import find_unknown, needs, parse, settle_parameters

STOP = {"Name": "stop", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}


def definition(*steps: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps), **more})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "Version must be 2020-12-01"),
        ('{"Version": "2019-01-01", "Steps": []}', "Version must be 2020-12-01"),
        (definition(), "no Steps"),
        (definition(STOP, STOP), "names must be unique"),
        (definition({**STOP, "DependsOn": ["nobody"]}), "needs step nobody"),
        (definition({**STOP, "Arguments": {"ErrorMessage": {"Get": "Steps.nobody.Name"}}}), "needs step nobody"),
    ],
)
def test_a_definition_that_cannot_be_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(text)


def test_a_step_needs_what_it_names_and_what_it_reads_and_a_condition_what_it_asks() -> None:
    asked = {"Type": "Equals", "LeftValue": {"Get": "Steps.a.Name"}, "RightValue": 1}
    inner = {"Name": "inner", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Steps.b.Name"}}}
    gate = {
        "Name": "g",
        "Type": "Condition",
        "DependsOn": ["c"],
        "Arguments": {"Conditions": [asked], "IfSteps": [inner]},
    }
    assert needs(gate) == {"a", "c"}
    assert needs(inner) == {"b"}


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"Name": "cluster", "Type": "EMR"}, "steps of type EMR (cluster)"),
        ({"Name": "train", "Type": "Training", "CacheConfig": {"Enabled": False}}, ""),
        (
            {"Name": "train", "Type": "Training", "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"]}]},
            "",
        ),
        ({**STOP, "DependsOn": [{"Step": "stop", "Trigger": "Failed"}]}, "a dependency on a step's failure (stop)"),
    ],
)
def test_what_does_not_run_here_is_named(step: dict[str, Any], told: str) -> None:
    assert find_unknown({"Steps": [step]}) == told
    gate = {"Name": "g", "Type": "Condition", "Arguments": {"Conditions": [], "ElseSteps": [step]}}
    assert find_unknown({"Steps": [gate]}) == told


PARAMETERS = {
    "Parameters": [
        {"Name": "run", "Type": "String"},
        {"Name": "bound", "Type": "Float", "DefaultValue": 0.9},
        {"Name": "count", "Type": "Integer", "DefaultValue": 1},
        {"Name": "deep", "Type": "Boolean", "DefaultValue": False},
        {"Name": "kind", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
    ]
}


def test_values_come_as_text_and_take_their_type() -> None:
    given = {"run": "1", "bound": "0.5", "deep": "true"}
    assert settle_parameters(PARAMETERS, given) == {"run": "1", "bound": 0.5, "count": 1, "deep": True, "kind": "a"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, r"Parameter \[run\] has no default value"),
        ({"run": "1", "bond": "1"}, r"\[bond\] are not declared"),
        ({"run": "1", "bound": "high"}, r"\[bound\] must be of type Float"),
        ({"run": "1", "bound": "true"}, r"\[bound\] must be of type Float"),
        ({"run": "1", "count": "1.5"}, r"\[count\] must be of type Integer"),
        ({"run": "1", "kind": "c"}, r"\[kind\] must be one of"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        settle_parameters(PARAMETERS, given)


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"ExceptionType": ["Step.ANY"]}, "ExceptionType must be some of"),
        ({"ExceptionType": []}, "ExceptionType must be some of"),
        ({"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 21}, "MaxAttempts must be at most 20"),
        ({"ExceptionType": ["Step.THROTTLING"], "IntervalSeconds": 43201}, "IntervalSeconds must be at most 43200"),
        ({"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 1, "ExpireAfterMin": 1}, "only one of"),
    ],
)
def test_a_retry_policy_that_sagemaker_refuses_is_refused(policy: dict[str, Any], told: str) -> None:
    step = {**STOP, "RetryPolicies": [policy]}
    with pytest.raises(ValueError, match=told):
        parse(json.dumps({"Version": "2020-12-01", "Steps": [step]}))
