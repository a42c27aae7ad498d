"""Executions of deployed definitions: what runs, in which order, how they end. Jobs are stand-ins."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import telemetry
from mlops_iac.cloud.interpreters.sagemaker_pipelines import definition
from mlops_iac.cloud.interpreters.sagemaker_pipelines.steps import KINDS
from mlops_iac.cloud.server import Install
from mlops_iac.cloud.wire import AwsError, Call
from tests.support.roles import make_mighty_role


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return (telemetry.install,)


class Jobs:
    """Training jobs from outside: they end when the test says so, or at once."""

    def __init__(self, gateway: Any) -> None:
        self._gateway = gateway
        self.made: dict[str, dict[str, Any]] = {}
        self.hold = threading.Event()
        self.hold.set()
        self.ends_as = "Completed"
        self.reason = "AlgorithmError: no such column"

    def create(self, call: Call) -> dict[str, Any]:
        name = call.params["TrainingJobName"]
        self.made[name] = {**call.params, "status": "InProgress"}
        return {"TrainingJobArn": f"arn:aws:sagemaker:{call.region}:{call.account_id}:training-job/{name}"}

    def describe(self, call: Call) -> dict[str, Any]:
        job = self.made[call.params["TrainingJobName"]]
        if job["status"] == "InProgress" and self.hold.is_set():
            job["status"] = self.ends_as
        reason = {"FailureReason": self.reason} if job["status"] == "Failed" else {}
        artifacts = {"ModelArtifacts": {"S3ModelArtifacts": f"s3://lake/{call.params['TrainingJobName']}"}}
        name = {"TrainingJobName": call.params["TrainingJobName"]}
        return {**name, "TrainingJobStatus": job["status"], **artifacts, **reason}

    def stop(self, call: Call) -> dict[str, Any]:
        self.made[call.params["TrainingJobName"]]["status"] = "Stopped"
        key = ("training-job", call.account_id, call.region, call.params["TrainingJobName"])
        self._gateway.bells.ring(key)
        return {}


@pytest.fixture
def jobs(cloud: Any) -> Jobs:
    fake = Jobs(cloud.gateway)
    for operation, answer in (("Create", fake.create), ("Describe", fake.describe), ("Stop", fake.stop)):
        cloud.gateway.instead("sagemaker", f"{operation}TrainingJob", answer)
    return fake


def train(name: str, **more: Any) -> dict[str, Any]:
    arguments = {
        "TrainingJobName": "screening-dev",
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image"},
        "RoleArn": "arn:aws:iam::123456789012:role/runner",
        "OutputDataConfig": {"S3OutputPath": "s3://lake/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "HyperParameters": {"run": {"Get": "Parameters.run"}},
    }
    return {"Name": name, "Type": "Training", "Arguments": arguments, **more}


def refuse(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


Start = Callable[..., str]


@pytest.fixture
def start(cloud: Any, jobs: Jobs) -> Start:
    """Deploy these steps and start them; answers the execution's ARN."""
    client = cloud.clients()("sagemaker")
    role = make_mighty_role(cloud.clients(), f"pipeline-{time.time_ns()}", "sagemaker")

    def go(*steps: dict[str, Any], **given: str) -> str:
        parameters = [{"Name": "run", "Type": "String"}, {"Name": "bound", "Type": "Float", "DefaultValue": 0.9}]
        document = {"Version": "2020-12-01", "Parameters": parameters, "Steps": list(steps)}
        name = f"p{time.time_ns()}"
        client.create_pipeline(
            PipelineName=name, PipelineDisplayName=name, RoleArn=role, PipelineDefinition=json.dumps(document)
        )
        values = [{"Name": key, "Value": value} for key, value in {"run": "1", **given}.items()]
        started = client.start_pipeline_execution(
            PipelineName=name, PipelineExecutionDisplayName="mine", PipelineParameters=values
        )
        return str(started["PipelineExecutionArn"])

    return go


def wait(cloud: Any, arn: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The execution when it is over, and its steps by name."""
    client = cloud.clients()("sagemaker")
    for _ in range(600):
        described = client.describe_pipeline_execution(PipelineExecutionArn=arn)
        if described["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            break
        time.sleep(0.02)
    listed = client.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
    return described, {step["StepName"]: step for step in listed["PipelineExecutionSteps"]}


def until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to that")


def test_steps_that_do_not_need_each_other_run_at_the_same_time(cloud: Any, jobs: Jobs, start: Start) -> None:
    jobs.hold.clear()
    arn = start(train("a"), train("b"), train("c", DependsOn=["a", "b"]))
    until(lambda: len(jobs.made) == 2)
    jobs.hold.set()
    for name in list(jobs.made):
        cloud.gateway.bells.ring(("training-job", "123456789012", "eu-west-1", name))
    described, steps = wait(cloud, arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert [step["StepStatus"] for step in steps.values()] == ["Succeeded"] * 3
    assert list(steps) == ["a", "b", "c"]
    identity = arn.rsplit("/", 1)[-1]
    for name, job in jobs.made.items():
        assert name.startswith(f"screening-dev-{identity}-")
        assert job["HyperParameters"] == {"run": "1"}
    made = {step["Metadata"]["TrainingJob"]["Arn"].rsplit("/", 1)[-1] for step in steps.values()}
    assert made == set(jobs.made)


@pytest.mark.parametrize(("bound", "taken", "status"), [("0.5", "good", "Succeeded"), ("0.95", "bad", "Failed")])
def test_a_condition_takes_one_of_its_branches(cloud: Any, start: Start, bound: str, taken: str, status: str) -> None:
    condition = {"Type": "LessThanOrEqualTo", "LeftValue": {"Get": "Parameters.bound"}, "RightValue": 0.9}
    message = {"Std:Join": {"On": " ", "Values": ["bound is", {"Get": "Parameters.bound"}]}}
    branches = {"IfSteps": [train("good")], "ElseSteps": [refuse("bad", message)]}
    gate = {"Name": "gate", "Type": "Condition", "Arguments": {"Conditions": [condition], **branches}}
    described, steps = wait(cloud, start(gate, bound=bound))
    assert described["PipelineExecutionStatus"] == status
    assert set(steps) == {"gate", taken}
    assert steps["gate"]["Metadata"]["Condition"]["Outcome"] == str(status == "Succeeded")
    if taken == "bad":
        assert steps["bad"]["FailureReason"] == "bound is 0.95"
        assert described["FailureReason"].startswith("Step failure")


def test_a_failed_job_fails_the_execution_with_its_reason_and_stops_what_runs_beside_it(
    cloud: Any, jobs: Jobs, start: Start
) -> None:
    jobs.hold.clear()
    arn = start(train("slow"), refuse("broken", "no"), train("later", DependsOn=["broken"]))
    described, steps = wait(cloud, arn)
    assert described["PipelineExecutionStatus"] == "Failed"
    assert {name: step["StepStatus"] for name, step in steps.items()} == {"slow": "Stopped", "broken": "Failed"}
    jobs.hold.set()
    jobs.ends_as = "Failed"
    _, steps = wait(cloud, start(train("alone")))
    assert steps["alone"]["FailureReason"] == "AlgorithmError: no such column"


def test_an_execution_that_is_stopped_stops_its_jobs(cloud: Any, jobs: Jobs, start: Start) -> None:
    client = cloud.clients()("sagemaker")
    jobs.hold.clear()
    arn = start(train("slow"), train("later", DependsOn=["slow"]))
    until(lambda: len(jobs.made) == 1)
    client.stop_pipeline_execution(PipelineExecutionArn=arn)
    described, steps = wait(cloud, arn)
    assert described["PipelineExecutionStatus"] == "Stopped"
    assert {name: step["StepStatus"] for name, step in steps.items()} == {"slow": "Stopped"}
    with pytest.raises(ClientError, match="can be stopped"):
        client.stop_pipeline_execution(PipelineExecutionArn=arn)


def test_a_retry_goes_on_from_what_did_not_succeed(cloud: Any, jobs: Jobs, start: Start) -> None:
    """Also behind a condition, with what the steps before have made."""
    client = cloud.clients()("sagemaker")
    condition = {"Type": "LessThanOrEqualTo", "LeftValue": {"Get": "Parameters.bound"}, "RightValue": 0.9}
    use = train("use", DependsOn=["make"])
    use["Arguments"]["HyperParameters"] = {"model": {"Get": "Steps.make.ModelArtifacts.S3ModelArtifacts"}}
    inside = {"Conditions": [condition], "IfSteps": [use], "ElseSteps": []}
    gate = {"Name": "gate", "Type": "Condition", "Arguments": inside, "DependsOn": ["make"]}
    jobs.ends_as = "Failed"
    arn = start(train("make"), gate)
    described, steps = wait(cloud, arn)
    assert (described["PipelineExecutionStatus"], set(steps)) == ("Failed", {"make"})
    jobs.ends_as = "Completed"
    cloud.gateway.instead("sagemaker", "CreateTrainingJob", failing_second(jobs))
    client.retry_pipeline_execution(PipelineExecutionArn=arn)
    described, steps = wait(cloud, arn)
    assert {name: step["StepStatus"] for name, step in steps.items()} == {
        "make": "Succeeded", "gate": "Succeeded", "use": "Failed",
    }  # fmt: skip
    assert "FailureReason" not in steps["make"]
    cloud.gateway.instead("sagemaker", "CreateTrainingJob", jobs.create)
    made = steps["make"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    client.retry_pipeline_execution(PipelineExecutionArn=arn)
    described, steps = wait(cloud, arn)
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in described
    assert [job["HyperParameters"] for job in jobs.made.values()][-1] == {"model": f"s3://lake/{made}"}
    assert len(jobs.made) == 3, "one that failed, the one that was kept, and the one that used it"
    with pytest.raises(ClientError, match="Only executions that failed can be retried; this one has Succeeded"):
        client.retry_pipeline_execution(PipelineExecutionArn=arn)


def failing_second(jobs: Jobs) -> Any:
    """Creates one job; the next is refused."""
    asked: list[Call] = []

    def create(call: Call) -> dict[str, Any]:
        asked.append(call)
        if len(asked) > 1:
            raise AwsError("ResourceLimitExceeded", "No more machines.")
        return jobs.create(call)

    return create


def test_a_retry_whose_earlier_job_is_gone_fails_in_words(cloud: Any, jobs: Jobs, start: Start) -> None:
    client = cloud.clients()("sagemaker")
    arn = start(train("kept"), refuse("no", "no way") | {"DependsOn": ["kept"]})
    wait(cloud, arn)

    def gone(call: Call) -> dict[str, Any]:
        raise AwsError("ValidationException", "Requested resource not found.")

    cloud.gateway.instead("sagemaker", "DescribeTrainingJob", gone)
    client.retry_pipeline_execution(PipelineExecutionArn=arn)
    described, _ = wait(cloud, arn)
    assert "Requested resource not found" in described["FailureReason"]


def test_every_type_of_step_that_runs_can_be_recalled() -> None:
    assert KINDS.keys() == definition.RUN
    assert [name for name, kind in KINDS.items() if kind.recall is None] == ["Fail"]


def test_what_is_asked_of_an_execution_is_answered(cloud: Any, start: Start) -> None:
    client = cloud.clients()("sagemaker")
    arn = start(train("only"))
    described, _ = wait(cloud, arn)
    assert described["PipelineExecutionDisplayName"] == "mine"
    listed = client.list_pipeline_executions(PipelineName=described["PipelineArn"])["PipelineExecutionSummaries"]
    assert [one["PipelineExecutionArn"] for one in listed] == [arn]
    found = client.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    assert {one["Name"]: one["Value"] for one in found} == {"run": "1", "bound": "0.9"}
    text = client.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)["PipelineDefinition"]
    assert json.loads(text)["Steps"][0]["Name"] == "only"


def test_what_cannot_be_started_is_refused_in_awss_form(cloud: Any, start: Start) -> None:
    client = cloud.clients()("sagemaker")
    with pytest.raises(ClientError, match="does not run steps of type EMR") as refused:
        start({"Name": "cluster", "Type": "EMR", "Arguments": {}})
    assert refused.value.response["Error"]["Code"] == "NotImplemented"
    with pytest.raises(ClientError, match="are not declared"):
        start(train("a"), other="1")
    with pytest.raises(ClientError, match="Unable to parse pipeline definition"):
        client.create_pipeline(
            PipelineName="x",
            PipelineDisplayName="x",
            RoleArn="arn:aws:iam::123456789012:role/x",
            PipelineDefinition="{",
        )
    with pytest.raises(ClientError, match="does not exist"):
        client.start_pipeline_execution(PipelineName="nobody")
    with pytest.raises(ClientError, match="does not offer sagemaker:UpdatePipelineExecution"):
        client.update_pipeline_execution(
            PipelineExecutionArn="arn:aws:sagemaker:eu-west-1:123456789012:pipeline/x/execution/y"
        )


def test_a_refused_call_fails_its_step_in_the_services_words(cloud: Any, jobs: Jobs, start: Start) -> None:
    def denied(call: Call) -> dict[str, Any]:
        raise AwsError("AccessDeniedException", "not authorized to perform: sagemaker:CreateTrainingJob")

    cloud.gateway.instead("sagemaker", "CreateTrainingJob", denied)
    _, steps = wait(cloud, start(train("a")))
    assert "not authorized to perform: sagemaker:CreateTrainingJob" in steps["a"]["FailureReason"]


def test_how_executions_end_is_published_for_alarms(cloud: Any, start: Start) -> None:
    arn = start(refuse("no", "no"))
    wait(cloud, arn)
    name = arn.split(":pipeline/")[1].partition("/")[0]
    found = cloud.clients()("cloudwatch").list_metrics(Namespace="AWS/Sagemaker/ModelBuildingPipeline")["Metrics"]
    mine = {one["MetricName"] for one in found if {"Name": "PipelineName", "Value": name} in one["Dimensions"]}
    assert mine == {"ExecutionStarted", "ExecutionFailed", "ExecutionDuration"}


# Retry policies -------------------------------------------------------------------------------------------------------

LIMITED = [{"ExceptionType": ["SageMaker.RESOURCE_LIMIT"], "IntervalSeconds": 1, "BackoffRate": 1.0, "MaxAttempts": 2}]


def limit(cloud: Any, times: int) -> list[int]:
    """CreateTrainingJob is refused so often; answers what grows with each call."""
    calls: list[int] = []

    def refuse_first(_: Call) -> None:
        calls.append(1)
        if len(calls) <= times:
            raise AwsError("ResourceLimitExceeded", "The quota is used up", 400)

    cloud.gateway.before("sagemaker", "CreateTrainingJob", refuse_first)
    return calls


def test_a_step_is_tried_again_as_its_policy_says(cloud: Any, start: Start) -> None:
    calls = limit(cloud, 2)
    described, steps = wait(cloud, start(train("train", RetryPolicies=LIMITED)))
    assert described["PipelineExecutionStatus"] == "Succeeded"
    assert steps["train"]["AttemptCount"] == len(calls) == 3


def test_it_is_tried_no_more_often_than_that(cloud: Any, start: Start) -> None:
    limit(cloud, 3)
    described, steps = wait(cloud, start(train("train", RetryPolicies=LIMITED)))
    assert described["PipelineExecutionStatus"] == "Failed"
    assert steps["train"]["AttemptCount"] == 3
    assert "The quota is used up" in steps["train"]["FailureReason"]


def test_a_script_that_failed_is_not_tried_again(cloud: Any, start: Start, jobs: Jobs) -> None:
    jobs.ends_as = "Failed"
    _, steps = wait(cloud, start(train("train", RetryPolicies=[{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"]}])))
    assert steps["train"]["AttemptCount"] == 1
    assert len(jobs.made) == 1


def test_a_job_that_met_an_error_of_aws_is_another_job_at_the_next_attempt(
    cloud: Any, start: Start, jobs: Jobs
) -> None:
    jobs.ends_as, jobs.reason = "Failed", "InternalServerError: we are sorry"
    policy = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 1}
    _, steps = wait(cloud, start(train("train", RetryPolicies=[policy])))
    assert steps["train"]["AttemptCount"] == len(jobs.made) == 2


def test_a_stop_ends_the_wait_between_two_attempts(cloud: Any, start: Start) -> None:
    calls = limit(cloud, 1)
    arn = start(train("train", RetryPolicies=[{**LIMITED[0], "IntervalSeconds": 3600}]))
    until(lambda: bool(calls))
    cloud.clients()("sagemaker").stop_pipeline_execution(PipelineExecutionArn=arn)
    described, _ = wait(cloud, arn)
    assert described["PipelineExecutionStatus"] == "Stopped"
