from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.step_functions.grants import grants_for


def actions(document: dict[str, Any], bindings: Bindings) -> set[str]:
    return {action for statement in grants_for(document, bindings) for action in statement["Action"]}


def test_every_call_of_the_document_is_allowed(document: dict[str, Any], bindings: Bindings) -> None:
    allowed = actions(document, bindings)
    services = {"s3": "s3", "sagemaker": "sagemaker", "sns": "sns"}
    for name, state in document["States"].items():
        if state["Type"] == "Task":
            *_, service, action = state["Resource"].split(":")
            action = action.removesuffix(".sync")
            assert f"{services[service]}:{action[0].upper()}{action[1:]}" in allowed, name


def test_waiting_for_a_job_needs_following_stopping_and_a_rule(document: dict[str, Any], bindings: Bindings) -> None:
    allowed = actions(document, bindings)
    assert {"sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", "events:PutRule"} <= allowed
    rules = [r for s in grants_for(document, bindings) for r in s["Resource"] if ":rule/" in r]
    assert sorted(rule.rpartition("/")[2] for rule in rules) == [
        "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
        "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    ]


def test_roles_are_passed_to_sagemaker_and_to_nobody_else(document: dict[str, Any], bindings: Bindings) -> None:
    passing = [s for s in grants_for(document, bindings) if "iam:PassRole" in s["Action"]]
    assert {resource for statement in passing for resource in statement["Resource"]} == {
        bindings.job_role_arn,
        bindings.endpoints["main"].role_arn,
    }
    for statement in passing:
        assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_no_action_and_no_resource_is_a_wildcard(document: dict[str, Any], bindings: Bindings) -> None:
    """A star only ends a name that starts with the stack's, or a folder of its own bucket or model package group."""
    own = ("/screening-dev-*", ":::screening-dev-placeholder/models/*", "model-package/screening-dev-placeholder/*")
    for statement in grants_for(document, bindings):
        assert not any("*" in action for action in statement["Action"])
        for resource in statement["Resource"]:
            assert "*" not in resource or resource.endswith(own), resource


def test_each_statement_has_a_name_of_its_own(document: dict[str, Any], bindings: Bindings) -> None:
    names = [statement["Sid"] for statement in grants_for(document, bindings)]
    assert len(names) == len(set(names))


def test_a_call_whose_permissions_are_unknown_is_refused(document: dict[str, Any], bindings: Bindings) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:deleteObject", "Parameters": {}}
    with pytest.raises(PipelineError, match="No permissions are known for `s3:deleteObject`"):
        grants_for({"States": {"x": state}}, bindings)
