from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from mlops_iac.blueprints.parts.training_options import Gate
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.compile.jobs import isolation
from mlops_iac.pipelines.compile.step_functions import compile, step_of
from mlops_iac.pipelines.compile.step_functions.calls import find_call
from mlops_iac.pipelines.compile.step_functions.structure import targets
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import TrainingStep
from tests.support.asl_interpreter import Ended, Fails, run
from tests.support.golden import check_golden

RUN = "261121-081530-3fa2"
INPUT = {
    "run": RUN,
    "code": {"uri": "s3://bucket/code/0123456789abcdef/", "sha": "0123456789abcdef"},
    "names": {step: f"screening-dev-{RUN}-{step}" for step in ("validate", "prepare", "train", "evaluate", "deploy")},
    "parameters": {"gate_at_least": 0.97, "hyperparameters": {"C": "0.5", "sagemaker_program": "theirs.py"}},
}
MINE = f"screening-dev-{RUN}-deploy"
ABSENT = Fails("SageMaker.SageMakerException", 'Could not find endpoint "arn:aws:sagemaker:eu-central-1:123456789012".')
GOOD: dict[str, Any] = {
    "train": {"ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/models/train/output/model.tar.gz"}},
    "gate": {"Body": json.dumps({"metrics": {"auc": 0.993, "rows": 143}})},
    "register": {"ModelPackageArn": "arn:aws:sagemaker:eu-central-1:123456789012:model-package/screening-dev/1"},
    "deploy: look": ABSENT,
    "deploy: check": {"EndpointStatus": "InService", "EndpointConfigName": MINE},
}


def endpoint(status: str, config: str = MINE, **more: str) -> dict[str, str]:
    return {"EndpointStatus": status, "EndpointConfigName": config, **more}


def play(document: dict[str, Any], **changed: Any) -> Ended:
    results = {**GOOD, **{name.replace("__", ": "): result for name, result in changed.items()}}
    return run(document, INPUT, results)


def test_the_document_is_the_golden_one(document: dict[str, Any]) -> None:
    check_golden("pipelines/tabular-batch.asl.json", json.dumps(document, indent=1) + "\n")


def test_compiling_is_pure(pipeline: Pipeline, bindings: Bindings) -> None:
    assert compile(pipeline, bindings) == compile(pipeline, bindings)


def test_the_document_has_the_pipelines_steps_and_edges(document: dict[str, Any], pipeline: Pipeline) -> None:
    """Walk from step to step, leaving out the states inside a step and the failure path: the pipeline's own chain."""
    names = {step.name for step in pipeline.steps}
    states = document["States"]
    edges = {
        (step_of(name), target)
        for name, state in states.items()
        for _, target in targets(state)
        if target in names and step_of(name) in names and step_of(name) != target
    }
    ordered = [step.name for step in pipeline.ordered]
    assert edges == set(pairwise(ordered))
    for step in pipeline.ordered:
        assert ordered.index(step.name) > max((ordered.index(need) for need in pipeline.needs(step)), default=-1)


def test_every_state_of_a_step_carries_its_name(document: dict[str, Any], pipeline: Pipeline) -> None:
    own = {
        "Start",
        "Begin or go on",
        "Take up",
        "Go on",
        "Set up",
        "Done",
        "Tell the team",
        "Name the failure",
        "Job failed",
        "Broke off",
        "Failed",
    }
    assert {step_of(name) for name in document["States"]} - own == {step.name for step in pipeline.steps}


def test_every_task_has_a_way_to_the_failure_path(document: dict[str, Any]) -> None:
    for name, state in document["States"].items():
        if state["Type"] == "Task":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_a_failed_job_is_never_tried_again(document: dict[str, Any]) -> None:
    for name in ("validate", "prepare", "train", "evaluate"):
        retried = {error for retrier in document["States"][name]["Retry"] for error in retrier["ErrorEquals"]}
        assert not retried & {"States.TaskFailed", "States.ALL", "SageMaker.ResourceInUseException"}


def test_what_a_run_creates_is_named_and_tagged_by_stack_and_run(document: dict[str, Any]) -> None:
    done = play(document)
    expected = [{"Key": "mlops-iac:stack", "Value": "screening-dev"}, {"Key": "mlops-iac:run", "Value": RUN}]
    for state, name in {
        "validate": "ProcessingJobName",
        "prepare": "ProcessingJobName",
        "train": "TrainingJobName",
        "evaluate": "ProcessingJobName",
        "deploy": "ModelName",
        "deploy: configure": "EndpointConfigName",
    }.items():
        assert done.calls[state][name] == f"screening-dev-{RUN}-{step_of(state)}"
        assert done.calls[state]["Tags"] == expected


def test_a_good_run_ends_well_and_every_call_is_one_that_aws_would_take(document: dict[str, Any]) -> None:
    done = play(document)
    assert (done.status, done.states[-1]) == ("SUCCEEDED", "Done")
    session = botocore.session.get_session()
    for name, parameters in done.calls.items():
        call = find_call(document["States"][name]["Resource"])
        assert call is not None
        model = session.get_service_model(call.service)
        shape = model.operation_model(call.action[0].upper() + call.action[1:]).input_shape
        report = ParamValidator().validate(parameters, shape)
        assert not report.has_errors(), f"{name}: {report.generate_report()}"


def test_data_goes_from_step_to_step_by_the_contracts_prefixes(document: dict[str, Any]) -> None:
    done = play(document)

    def inputs(step: str) -> dict[str, str]:
        return {one["InputName"]: one["S3Input"]["S3Uri"] for one in done.calls[step]["ProcessingInputs"]}

    def outputs(step: str) -> dict[str, str]:
        made = done.calls[step]["ProcessingOutputConfig"]["Outputs"]
        return {one["OutputName"]: one["S3Output"]["S3Uri"] for one in made}

    base, code = "s3://screening-dev-placeholder", INPUT["code"]["uri"]  # type: ignore[index]
    assert inputs("validate") == {"code": code, "data": f"{base}/raw/"}
    assert outputs("validate") == {"data": f"{base}/curated/{RUN}/"}
    assert inputs("prepare") == {"code": code, "data": f"{base}/curated/{RUN}/"}
    assert outputs("prepare") == {
        "train": f"{base}/features/{RUN}/train/",
        "test": f"{base}/features/{RUN}/test/",
    }
    channels = {
        one["ChannelName"]: one["DataSource"]["S3DataSource"]["S3Uri"] for one in done.calls["train"]["InputDataConfig"]
    }
    assert channels == {"train": f"{base}/features/{RUN}/train/", "code": code}
    assert done.calls["train"]["OutputDataConfig"]["S3OutputPath"] == f"{base}/models/{RUN}/"
    assert inputs("evaluate")["model"] == GOOD["train"]["ModelArtifacts"]["S3ModelArtifacts"]
    assert outputs("evaluate") == {"evaluation": f"{base}/models/{RUN}/evaluation/"}
    assert done.calls["gate"]["Key"] == f"models/{RUN}/evaluation/evaluation.json"


def test_hyperparameters_are_the_runs_and_script_mode_wins(document: dict[str, Any]) -> None:
    given = play(document).calls["train"]["HyperParameters"]
    assert given["C"] == "0.5"
    assert given["sagemaker_program"] == "mlops_iac_run.py"
    assert given["mlops_iac_script"] == "train.py"
    assert given["sagemaker_submit_directory"] == "/opt/ml/input/data/code/sourcedir.tar.gz"


def test_parameters_that_a_run_leaves_out_have_their_defaults(document: dict[str, Any]) -> None:
    done = run(document, {**INPUT, "parameters": {}}, GOOD)
    assert done.status == "SUCCEEDED"
    assert "C" not in done.calls["train"]["HyperParameters"]


def test_the_registry_knows_the_run_the_code_and_the_metric(document: dict[str, Any]) -> None:
    package = play(document).calls["register"]
    assert package["CustomerMetadataProperties"] == {
        "run": RUN,
        "code": "0123456789abcdef",
        "metric.auc": "0.993",
    }
    assert package["ModelApprovalStatus"] == "Approved"
    assert "Tags" not in package
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["Environment"]["SAGEMAKER_PROGRAM"] == "inference.py"
    assert container["Environment"]["SAGEMAKER_SUBMIT_DIRECTORY"] == "/opt/ml/model/code"


@pytest.mark.parametrize(
    ("metrics", "value"),
    [({"auc": 0.91}, 0.91), ({}, None), ({"auc": "0.99"}, "0.99"), ({"auc": None}, None)],
    ids=["too low", "missing", "text", "null"],
)
def test_the_gate_refuses_with_metric_value_and_bound(document: dict[str, Any], metrics: Any, value: Any) -> None:
    done = play(document, gate={"Body": json.dumps({"metrics": metrics})})
    assert (done.status, done.error) == ("FAILED", "GateRefused")
    told = {"metric": "auc", "value": value, "bound": ">= 0.97", "passed": False}
    assert json.loads(done.cause or "") == {"gate": "gate", "conditions": [told]}
    assert "register" not in done.states
    assert "Tell the team" in done.states


def test_a_metric_on_its_bound_passes(document: dict[str, Any]) -> None:
    assert play(document, gate={"Body": json.dumps({"metrics": {"auc": 0.97}})}).status == "SUCCEEDED"


def test_a_gate_can_be_a_ceiling(bindings: Bindings) -> None:
    document = compile(training(TabularBatchOptions(gate=Gate(metric="rmse", at_most=2.5))), bindings)

    def ended(value: float) -> Ended:
        body = json.dumps({"metrics": {"rmse": value}})
        return run(document, {**INPUT, "parameters": {}}, {**GOOD, "gate": {"Body": body}})

    assert ended(2.5).status == "SUCCEEDED"
    refused = ended(2.6)
    (told,) = json.loads(refused.cause or "")["conditions"]
    assert told == {"metric": "rmse", "value": 2.6, "bound": "<= 2.5", "passed": False}


def test_a_failed_job_ends_the_run_with_its_own_cause_and_tells_the_team(document: dict[str, Any]) -> None:
    done = play(document, train=Fails("States.TaskFailed", "AlgorithmError: no such column"))
    assert (done.error, done.cause) == ("JobFailed", "AlgorithmError: no such column")
    assert done.states[-3:] == ("Tell the team", "Name the failure", "Job failed")
    assert "AlgorithmError: no such column" in done.calls["Tell the team"]["Message"]
    assert RUN in done.calls["Tell the team"]["Message"]


def test_that_telling_fails_does_not_hide_what_failed(document: dict[str, Any]) -> None:
    failing = {"train": Fails("States.TaskFailed", "first"), "Tell the team": Fails("Sns.SnsException", "second")}
    done = run(document, INPUT, {**GOOD, **failing})
    assert (done.error, done.cause) == ("JobFailed", "first")


def test_a_services_own_error_keeps_its_name(document: dict[str, Any]) -> None:
    done = play(document, register=Fails("SageMaker.ConflictException", "busy"))
    assert (done.error, done.cause) == ("SageMaker.ConflictException", "busy")


def test_errors_of_step_functions_itself_are_told_with_their_name(document: dict[str, Any]) -> None:
    """The states language does not let a Fail state end with a name that starts with ``States.``."""
    done = play(document, gate=Fails("States.Timeout", "too slow"))
    assert (done.error, done.cause) == ("PipelineFailed", "States.Timeout: too slow")


def test_the_first_model_creates_the_endpoint(document: dict[str, Any]) -> None:
    done = play(document)
    assert "deploy: create" in done.states
    assert "deploy: update" not in done.states
    assert done.calls["deploy: create"]["EndpointConfigName"] == MINE


def test_later_models_update_the_endpoint(document: dict[str, Any]) -> None:
    done = play(document, deploy__look=endpoint("InService", "older"))
    assert done.status == "SUCCEEDED"
    assert "deploy: update" in done.states
    assert "deploy: create" not in done.states


def test_an_endpoint_that_is_being_changed_is_waited_for(document: dict[str, Any]) -> None:
    done = play(document, deploy__look=[endpoint("Updating", "older"), endpoint("InService", "older")])
    assert done.states.count("deploy: look") == 2
    assert "deploy: update" in done.states


def test_an_endpoint_whose_creation_failed_is_made_anew(document: dict[str, Any]) -> None:
    done = play(document, deploy__look=[endpoint("Failed", "older"), endpoint("Deleting", "older"), ABSENT])
    assert done.status == "SUCCEEDED"
    assert done.states.index("deploy: clear") < done.states.index("deploy: create")


def test_a_question_that_is_refused_is_not_taken_for_an_absent_endpoint(document: dict[str, Any]) -> None:
    done = play(document, deploy__look=Fails("SageMaker.SageMakerException", "not authorized to perform"))
    assert (done.status, done.cause) == ("FAILED", "not authorized to perform")
    assert "deploy: create" not in done.states


def test_a_deployment_that_was_rolled_back_is_a_failure(document: dict[str, Any]) -> None:
    done = play(
        document,
        deploy__look=endpoint("InService", "older"),
        deploy__check=[endpoint("Updating", "older"), endpoint("RollingBack", "older"), endpoint("InService", "older")],
    )
    assert (done.status, done.error) == ("FAILED", "DeployFailed")
    assert "rolled the update back" in (done.cause or "")
    assert "older" in (done.cause or "")


def test_a_deployment_that_fails_says_why(document: dict[str, Any]) -> None:
    done = play(document, deploy__check=endpoint("Failed", MINE, FailureReason="model_fn raised ValueError"))
    assert done.error == "DeployFailed"
    assert "model_fn raised ValueError" in (done.cause or "")


def test_a_deployment_that_fails_without_a_reason_says_its_status(document: dict[str, Any]) -> None:
    done = play(document, deploy__check=endpoint("OutOfService"))
    assert done.error == "DeployFailed"
    assert "OutOfService" in (done.cause or "")


def test_waiting_for_an_endpoint_ends(pipeline: Pipeline, bindings: Bindings) -> None:
    deploy = pipeline.get_step("deploy").model_copy(update={"poll_seconds": 300, "max_seconds": 900})
    steps = tuple(deploy if step.name == "deploy" else step for step in pipeline.steps)
    document = compile(Pipeline(name="training", parameters=pipeline.parameters, steps=steps), bindings)
    done = play(document, deploy__check=endpoint("Creating"))
    assert done.error == "DeployFailed"
    assert "still Creating after 900 seconds" in (done.cause or "")
    assert done.states.count("deploy: check") == 4


def test_a_zone_that_the_lake_lacks_is_refused(pipeline: Pipeline) -> None:
    bindings = Bindings.placeholder("screening-dev", "eu-central-1", zones={"raw": "raw/", "curatd": "curated/"})
    with pytest.raises(PipelineError) as refused:
        compile(pipeline, bindings)
    assert refused.value.hint == "did you mean `curatd`?"


def test_a_deploy_step_without_an_endpoint_is_refused(pipeline: Pipeline) -> None:
    with pytest.raises(PipelineError, match="acts on something that is not there"):
        compile(pipeline, Bindings.placeholder("screening-dev", "eu-central-1", endpoints={}))


def test_an_instance_type_that_aws_does_not_have_is_refused_before_anything_is_deployed() -> None:
    options = TabularBatchOptions.model_validate({"instances": {"train": {"instance_type": "ml.m5.lrge"}}})
    with pytest.raises(PipelineError) as refused:
        compile(training(options), Bindings.placeholder("screening-dev", "eu-central-1"))
    (problem,) = refused.value.problems
    assert problem.path == "train.Parameters.ResourceConfig.InstanceType"
    assert "did you mean `ml.m5.large`?" in problem.detail


def test_machines_with_disks_of_their_own_take_no_volume_key() -> None:
    options = TabularBatchOptions.model_validate({"instances": {"train": {"instance_type": "ml.g4dn.xlarge"}}})
    given = Bindings.placeholder("screening-dev", "eu-central-1", training_images={"cpu": "cpu:1", "gpu": "gpu:1"})
    states = compile(training(options), given)["States"]
    assert "VolumeKmsKeyId" not in states["train"]["Parameters"]["ResourceConfig"]
    assert "VolumeKmsKeyId" in states["prepare"]["Parameters"]["ProcessingResources"]["ClusterConfig"]


PYTORCH = {"name": "pytorch", "version": "2.6.0"}


def test_a_step_on_gpus_runs_the_image_for_gpus_and_others_do_not() -> None:
    options = TabularBatchOptions.model_validate(
        {
            "framework": {"name": "pytorch", "version": "2.6.0"},
            "instances": {"train": {"instance_type": "ml.g5.xlarge"}},
        }
    )
    given = Bindings.placeholder("screening-dev", "eu-central-1")
    states = compile(training(options), replace(given, training_images={"cpu": "cpu:1", "gpu": "gpu:1"}))["States"]
    assert states["train"]["Parameters"]["AlgorithmSpecification"]["TrainingImage"] == "gpu:1"
    assert states["prepare"]["Parameters"]["AppSpecification"]["ImageUri"] == "cpu:1"
    with pytest.raises(PipelineError, match="no image for these machines"):
        compile(training(options), replace(given, training_images={"cpu": "cpu:1"}))


def test_without_a_network_a_key_or_a_topic_none_is_asked_for(pipeline: Pipeline) -> None:
    bare = Bindings.placeholder(
        "screening-dev",
        "eu-central-1",
        subnet_ids=(),
        security_group_ids=(),
        key_arn=None,
        alerts_topic_arn=None,
        network_isolation=False,
    )
    text = json.dumps(compile(pipeline, bare))
    assert all(word not in text for word in ("VpcConfig", "KmsKeyId", "sns:publish"))


@pytest.mark.parametrize(("count", "wanted", "encrypted"), [(1, True, False), (2, True, True), (2, False, False)])
def test_traffic_between_the_machines_of_a_job_is_encrypted(
    bindings: Bindings, count: int, wanted: bool, encrypted: bool
) -> None:
    """AWS refuses it nowhere, but one machine has nobody to talk to, and the keys' exchange costs time."""
    (train,) = (step for step in training(TabularBatchOptions()).steps if isinstance(step, TrainingStep))
    train = train.model_copy(update={"job": train.job.model_copy(update={"instance_count": count})})
    given = replace(bindings, encrypt_traffic=wanted)
    assert isolation(train, given)["EnableInterContainerTrafficEncryption"] is encrypted
