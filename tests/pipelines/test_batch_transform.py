"""Scoring a folder: which model, which records, on every target."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from mlops_iac.components.orchestrator.deploy_function import NoChampion, handler
from mlops_iac.core import champions
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import sagemaker_pipelines, step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import BatchTransformStep
from tests.support.asl_interpreter import Ended, run
from tests.support.samples import SAMPLES

RUN = "261121-081530-3fa2"
PACKAGE = "arn:aws:sagemaker:eu-central-1:123456789012:model-package/screening-dev-placeholder/3"


def scoring(**fields: Any) -> Pipeline:
    sample = SAMPLES["batch_transform"]()
    step = {"model": "champion", "data": "parameters.data", **fields}
    return Pipeline(name="scoring", parameters=sample.parameters, steps=(BatchTransformStep(name="score", **step),))


def behind_training(model: str) -> Pipeline:
    whole = SAMPLES["training"]()
    step = BatchTransformStep(name="score", model=model, data=whole.parameters[0].ref)
    return Pipeline(name="training", parameters=whole.parameters, steps=(*whole.steps, step))


def play(document: dict[str, Any], packages: list[str]) -> Ended:
    input = {"run": RUN, "code": {"uri": "s3://b/c/", "sha": "0"}, "parameters": {}, "names": {"score": "x-score"}}
    found = {"ModelPackageSummaryList": [{"ModelPackageArn": one} for one in packages]}
    return run(document, input, {"score": found})


def test_the_champion_is_what_was_approved_last(bindings: Bindings) -> None:
    done = play(step_functions.compile(scoring(), bindings), [PACKAGE])
    assert done.status == "SUCCEEDED"
    assert done.calls["score"] == {
        "ModelPackageGroupName": "screening-dev-placeholder",
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    assert done.calls["score: model"]["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    assert done.calls["score: score"]["TransformOutput"]["S3OutputPath"].endswith(f"/curated/{RUN}/score/")


def test_without_a_champion_the_run_fails_and_says_so(bindings: Bindings) -> None:
    done = play(step_functions.compile(scoring(), bindings), [])
    assert (done.status, done.error) == ("FAILED", "NoChampion")
    assert "No version of screening-dev-placeholder is approved" in str(done.cause)


class Registry:
    """SageMaker, as the deployer's function asks it."""

    def __init__(self, *packages: str) -> None:
        self.packages = packages

    def list_model_packages(self, **asked: Any) -> Any:
        assert asked["ModelApprovalStatus"] == "Approved"
        return {"ModelPackageSummaryList": [{"ModelPackageArn": one} for one in self.packages]}


def test_the_function_finds_the_champion_where_no_step_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "champions", champions)
    monkeypatch.setattr("boto3.client", lambda service: Registry(PACKAGE))
    assert handler({"champion_of": "group"}, None) == {"champion": PACKAGE}
    monkeypatch.setattr("boto3.client", lambda service: Registry())
    with pytest.raises(NoChampion, match="No version of group is approved"):
        handler({"champion_of": "group"}, None)


def natives(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["Name"]: step for step in sagemaker_pipelines.validate.all_steps(document["Steps"])}


def test_sagemaker_pipelines_scores_with_a_model_made_for_it(bindings: Bindings) -> None:
    steps = natives(sagemaker_pipelines.compile(scoring(), bindings))
    assert [step["Type"] for step in steps.values()] == ["Lambda", "Model", "Transform"]
    container = steps["score--model"]["Arguments"]["PrimaryContainer"]
    assert container == {"ModelPackageName": {"Get": "Steps.score.OutputParameters['champion']"}}
    assert steps["score--job"]["Arguments"]["ModelName"] == {"Get": "Steps.score--model.ModelName"}


@pytest.mark.parametrize(
    ("model", "container"),
    [("register.package", "ModelPackageName"), ("train.model", "ModelDataUrl")],
)
def test_a_model_of_the_run_needs_no_champion(model: str, container: str, bindings: Bindings) -> None:
    states = step_functions.compile(behind_training(model), bindings)
    found = next(state for name, state in step_functions.structure.all_states(states) if name == "score")
    assert f"{container}.$" in found["Parameters"]["PrimaryContainer"]
    steps = natives(sagemaker_pipelines.compile(behind_training(model), bindings))
    assert container in steps["score"]["Arguments"]["PrimaryContainer"]


def test_a_transform_runs_in_the_jobs_role_with_its_key_and_network(bindings: Bindings) -> None:
    document = step_functions.compile(scoring(), bindings)
    model = document["States"]["score: model"]["Parameters"]
    assert model["ExecutionRoleArn"] == bindings.job_role_arn
    assert model["VpcConfig"]["Subnets"] == [*bindings.subnet_ids]
    job = document["States"]["score: score"]
    assert job["Parameters"]["TransformOutput"]["KmsKeyId"] == bindings.key_arn
    assert "DataProcessing" not in job["Parameters"]
    assert job["TimeoutSeconds"] == 3600


@pytest.mark.parametrize("target", [step_functions, sagemaker_pipelines], ids=["step-functions", "sagemaker-pipelines"])
def test_its_role_may_do_this_much(target: Any, bindings: Bindings) -> None:
    statements = {one["Sid"]: one for one in target.grants_for(target.compile(scoring(), bindings), bindings)}
    allowed = {action for one in statements.values() for action in one["Action"]}
    assert {"sagemaker:CreateModel", "sagemaker:CreateTransformJob", "sagemaker:StopTransformJob"} <= allowed
    assert statements["PassJobRole"]["Resource"] == [bindings.job_role_arn]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"model": "winner"}, "step.output"),
        ({"registry": "other"}, "names `other`"),
        ({"model": "train.model"}, "there is no step `train`"),
        ({"join": True, "content_type": "image/png"}, "can be neither joined nor filtered"),
        ({"join": True, "accept": "application/json"}, "cannot be joined to data of `text/csv`"),
        ({"join": True, "split": "none"}, "by line"),
        ({"input_filter": "$..x"}, "is no filter of SageMaker's"),
        ({"output_filter": "$[" + "1," * 40 + "1]"}, "at most 63"),
        ({"max_payload_mb": 50, "max_concurrent": 3}, "more than 100 MB"),
        ({"job": {"instance_type": "m5.large"}}, "ml"),
        ({"zone": "attic"}, "does not have"),
    ],
)
def test_bad_settings_are_refused_before_anything_exists(fields: dict[str, Any], said: str, bindings: Bindings) -> None:
    with pytest.raises(PipelineError) as refused:
        step_functions.compile(scoring(**fields), bindings)
    assert said in str(refused.value)
