"""Mutations: each breaks a good document in one way, and the check must name the place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.step_functions.validate import check

States = dict[str, Any]
Break = Callable[[States], object]

MUTATIONS: dict[str, tuple[Break, str]] = {
    "dangling next": (lambda s: s["train"].update(Next="evalute"), "train.Next"),
    "dangling catch": (lambda s: s["train"]["Catch"][0].update(Next="Nowhere"), "train.Catch[0].Next"),
    "dangling choice": (lambda s: s["gate: compare"]["Choices"][0].update(Next="x"), "gate: compare.Choices[0].Next"),
    "dangling default": (lambda s: s["gate: compare"].update(Default="x"), "gate: compare.Default"),
    "unreachable state": (lambda s: s.update(Lost={"Type": "Succeed"}), "Lost"),
    "no end": (lambda s: s["train"].pop("Next"), "train"),
    "two ends": (lambda s: s["train"].update(End=True), "train"),
    "unknown field": (lambda s: s["train"].update(Resultpath="$.x"), "train.Resultpath"),
    "unknown type": (lambda s: s["Done"].update(Type="Succed"), "Done.Type"),
    "result path that is no path": (lambda s: s["train"].update(ResultPath="steps.train"), "train.ResultPath"),
    "retry without errors": (lambda s: s["train"]["Retry"][0].pop("ErrorEquals"), "train.Retry[0]"),
    "misspelt retry": (lambda s: s["train"]["Retry"][0].update(MaxAttemps=3), "train.Retry[0].MaxAttemps"),
    "everything caught first": (
        lambda s: s["train"]["Catch"].append({"ErrorEquals": ["S3.S3Exception"], "Next": "Failed"}),
        "train.Catch[0]",
    ),
    "choice without comparison": (
        lambda s: s["gate: check 1"]["Choices"][1].pop("IsPresent"),
        "gate: check 1.Choices[1]",
    ),
    "misspelt comparison": (
        lambda s: s["gate: check 1"]["Choices"][1].update(IsPresnt=s["gate: check 1"]["Choices"][1].pop("IsPresent")),
        "gate: check 1.Choices[1]",
    ),
    "reserved error": (lambda s: s["Job failed"].update(Error="States.TaskFailed"), "Job failed.Error"),
    "two causes": (lambda s: s["Job failed"].update(Cause="x"), "Job failed"),
    "wait without a time": (lambda s: s["deploy: wait"].pop("Seconds"), "deploy: wait"),
    "no such integration": (
        lambda s: s["train"].update(Resource="arn:aws:states:::sagemaker:createTrainingJobs.sync"),
        "train.Resource",
    ),
    "no such way of waiting": (
        lambda s: s["deploy"].update(Resource="arn:aws:states:::sagemaker:createModel.sync"),
        "deploy.Resource",
    ),
    "an sdk call cannot be waited for": (
        lambda s: s["gate"].update(Resource="arn:aws:states:::aws-sdk:s3:getObject.sync"),
        "gate.Resource",
    ),
    "no such service": (
        lambda s: s["gate"].update(Resource="arn:aws:states:::aws-sdk:s4:getObject"),
        "gate.Resource",
    ),
    "no such action": (
        lambda s: s["gate"].update(Resource="arn:aws:states:::aws-sdk:s3:readObject"),
        "gate.Resource",
    ),
    "misspelt parameter": (
        lambda s: s["train"]["Parameters"].update(RollArn="x"),
        "train.Parameters.RollArn",
    ),
    "missing parameter": (lambda s: s["train"]["Parameters"].pop("OutputDataConfig"), "train.Parameters"),
    "text for a number": (
        lambda s: s["train"]["Parameters"]["ResourceConfig"].update(InstanceCount="1"),
        "train.Parameters.ResourceConfig.InstanceCount",
    ),
    "number out of range": (
        lambda s: s["train"]["Parameters"]["ResourceConfig"].update(InstanceCount=-1),
        "train.Parameters.ResourceConfig.InstanceCount",
    ),
    "unknown instance type": (
        lambda s: s["train"]["Parameters"]["ResourceConfig"].update(InstanceType="ml.m5.lrge"),
        "train.Parameters.ResourceConfig.InstanceType",
    ),
    "bad role": (lambda s: s["train"]["Parameters"].update(RoleArn="job-role"), "train.Parameters.RoleArn"),
    "bad channel name": (
        lambda s: s["train"]["Parameters"]["InputDataConfig"][0].update(ChannelName="a b"),
        "train.Parameters.InputDataConfig[0].ChannelName",
    ),
    "bad approval": (
        lambda s: s["register"]["Parameters"].update(ModelApprovalStatus="Yes"),
        "register.Parameters.ModelApprovalStatus",
    ),
    "path without suffix": (
        lambda s: s["gate"]["Parameters"].update(Key=s["gate"]["Parameters"].pop("Key.$")),
        "gate.Parameters.Key",
    ),
    "suffix without path": (
        lambda s: s["gate"]["Parameters"].update({"Key.$": "models/evaluation.json"}),
        "gate.Parameters.Key.$",
    ),
    "misspelt intrinsic": (
        lambda s: s["gate"]["Parameters"].update({"Key.$": "States.Fromat('{}', $.run)"}),
        "gate.Parameters.Key.$",
    ),
    "number for text in a map": (
        lambda s: s["train"]["Parameters"]["Environment"].update(EPOCHS=3),
        "train.Parameters.Environment.EPOCHS",
    ),
    "too long a list": (
        lambda s: s["validate"]["Parameters"]["AppSpecification"].update(ContainerEntrypoint=["x"] * 101),
        "validate.Parameters.AppSpecification.ContainerEntrypoint",
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_document_is_refused_at_its_place(name: str, document: dict[str, Any]) -> None:
    broken = copy.deepcopy(document)
    mutate, place = MUTATIONS[name]
    mutate(broken["States"])
    with pytest.raises(PipelineError) as refused:
        check(broken)
    assert place in {problem.path for problem in refused.value.problems}, refused.value


def test_a_good_document_passes(document: dict[str, Any]) -> None:
    check(document)


def test_a_document_without_states_or_with_a_wrong_start_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match="There are no states"):
        check({"StartAt": "x", "States": {}})
    with pytest.raises(PipelineError) as refused:
        check({**document, "StartAt": "Strat"})
    (problem,) = refused.value.problems
    assert (problem.path, problem.detail) == ("StartAt", "There is no state `Strat`.")


def test_every_problem_is_told_at_once(document: dict[str, Any]) -> None:
    broken = copy.deepcopy(document)
    broken["States"]["train"]["Parameters"]["RoleArn"] = "x"
    broken["States"]["register"]["Next"] = "y"
    with pytest.raises(PipelineError) as refused:
        check(broken)
    places = {problem.path for problem in refused.value.problems}
    assert {"train.Parameters.RoleArn", "register.Next"} <= places


def test_a_document_longer_than_step_functions_takes_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match="The pipeline is too long"):
        check({**document, "Comment": "x" * 1024 * 1024})
