"""State machines run as on AWS: the deployed document, in moto's interpreter with our integrations."""

from __future__ import annotations

import itertools
import json
import resource
import time
from typing import Any

import pytest

from mlops_iac.cloud.wire import AwsError, Call
from tests.support.roles import make_mighty_role

ROLE = "arn:aws:iam::123456789012:role/runner"
JOB = {
    "TrainingJobName": "job-1",
    "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "image"},
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://lake/models"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}


class FakeJobs:
    """Training jobs that go on until the test says how they end; what the real ones look like from outside."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.ends_as = "Completed"
        self.looks_until_end = 2
        self.stopped: list[str] = []

    def create(self, call: Call) -> dict[str, Any]:
        name = call.params["TrainingJobName"]
        if name in self.jobs:
            raise AwsError("ResourceInUse", "Training job names must be unique.")
        self.jobs[name] = {**call.params, "looks": 0, "region": call.region, "account": call.account_id}
        return {"TrainingJobArn": f"arn:aws:sagemaker:{call.region}:{call.account_id}:training-job/{name}"}

    def describe(self, call: Call) -> dict[str, Any]:
        job = self.jobs[call.params["TrainingJobName"]]
        job["looks"] += 1
        status = self.ends_as if job["looks"] > self.looks_until_end else "InProgress"
        return {
            "TrainingJobName": job["TrainingJobName"],
            "TrainingJobStatus": status,
            "FailureReason": "AlgorithmError: ExecuteUserScriptError" if status == "Failed" else None,
        }

    def stop(self, call: Call) -> dict[str, Any]:
        self.stopped.append(call.params["TrainingJobName"])
        return {}


@pytest.fixture
def jobs(cloud):
    fake = FakeJobs()
    cloud.gateway.instead("sagemaker", "CreateTrainingJob", fake.create)
    cloud.gateway.instead("sagemaker", "DescribeTrainingJob", fake.describe)
    cloud.gateway.instead("sagemaker", "StopTrainingJob", fake.stop)
    return fake


@pytest.fixture(scope="module")
def sfn(cloud):
    make_mighty_role(cloud.clients(), "runner", "states", "sagemaker")
    return cloud.clients()("stepfunctions")


@pytest.fixture(scope="module")
def start(sfn):
    """Create a machine and start it; answers the execution's ARN."""
    numbers = itertools.count()

    def start(document: dict[str, Any], given: Any = None) -> str:
        definition, name = json.dumps(document), f"machine-{next(numbers)}"
        machine = sfn.create_state_machine(name=name, definition=definition, roleArn=ROLE)["stateMachineArn"]
        return sfn.start_execution(stateMachineArn=machine, input=json.dumps(given or {}))["executionArn"]

    return start


@pytest.fixture(scope="module")
def run(sfn, start):
    return lambda document, given=None: wait(sfn, start(document, given))


def wait(sfn: Any, execution: str, seconds: float = 15) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        described = sfn.describe_execution(executionArn=execution)
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.03)
    raise AssertionError(f"{execution} is still running")


def machine(first: dict[str, Any], **others: dict[str, Any]) -> dict[str, Any]:
    """A machine whose first state is called First; states without a transition end it."""
    states = {"First": first, **others}
    for state in states.values():
        if state["Type"] not in ("Choice", "Succeed", "Fail") and "Next" not in state:
            state["End"] = True
    return {"StartAt": "First", "States": states}


def task(resource: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, **more}


def output(done: dict[str, Any]) -> Any:
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def test_pass_intrinsics_and_the_context_object(run):
    parameters = {
        "name.$": "$$.Execution.Name",
        "text.$": "States.Format('run-{}', $.n)",
        "n.$": "States.MathAdd($.n, 1)",
    }
    done = run(machine({"Type": "Pass", "Parameters": parameters}), {"n": 4})
    assert output(done) == {"name": done["name"], "text": "run-4", "n": 5}


@pytest.mark.parametrize(("auc", "status"), [(0.98, "SUCCEEDED"), (0.91, "FAILED")])
def test_a_gate_is_a_choice_that_fails_with_a_cause_from_its_input(run, auc, status):
    cause = 'States.Format(\'\\{"metric": "auc", "value": {}\\}\', $.auc)'
    done = run(
        machine(
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$.auc", "NumericGreaterThanEqualsPath": "$.bound", "Next": "Good"}],
                "Default": "Refused",
            },
            Good={"Type": "Succeed"},
            Refused={"Type": "Fail", "ErrorPath": "$.error", "CausePath": cause},
        ),
        {"auc": auc, "bound": 0.97, "error": "GateRefused"},
    )
    assert done["status"] == status
    if status == "FAILED":
        assert done["error"] == "GateRefused"
        assert json.loads(done["cause"]) == {"metric": "auc", "value": 0.91}


def test_escapes_in_documents_are_undone(run):
    parameters = {"quoted.$": "States.Format('it\\'s \"{}\" é \\\\', $.n)", "plain": 'a "quoted" \\ word'}
    done = run(machine({"Type": "Pass", "Parameters": parameters}), {"n": "x"})
    assert output(done) == {"quoted": 'it\'s "x" é \\', "plain": 'a "quoted" \\ word'}


@pytest.mark.parametrize("text", ['{"auc": NaN}', '{"auc": Infinity}', "{'auc': 1}", "\ufeff{}", "[" * 5000])
def test_text_that_is_no_json_is_refused(run, text):
    done = run(machine({"Type": "Pass", "Parameters": {"v.$": "States.StringToJson($.t)"}, "End": True}), {"t": text})
    assert done["status"] == "FAILED"
    assert "not valid JSON" in done["cause"] or "too deep" in done["cause"]


def test_a_map_keeps_the_order_of_its_items_and_a_parallel_of_its_branches(run):
    double = {
        "StartAt": "D",
        "States": {"D": {"Type": "Pass", "Parameters": {"v.$": "States.MathAdd($, $)"}, "End": True}},
    }
    branch = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Result": "b", "End": True}}}
    done = run(
        machine(
            {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": double, "ResultPath": "$.mapped", "Next": "Both"},
            Both={"Type": "Parallel", "Branches": [branch, branch], "ResultPath": "$.both"},
        ),
        {"items": [1, 2, 3]},
    )
    assert [item["v"] for item in output(done)["mapped"]] == [2, 4, 6]
    assert output(done)["both"] == ["b", "b"]


def test_a_sync_task_ends_when_its_job_does_and_answers_the_jobs_description(run, jobs):
    done = run(machine(task("sagemaker:createTrainingJob.sync", JOB)))
    assert output(done)["TrainingJobStatus"] == "Completed"
    assert jobs.jobs["job-1"]["looks"] == 3


def test_jobs_run_in_the_region_and_account_of_the_machine(cloud, jobs):
    sfn = cloud.gateway.clients("us-west-2", "222222222222")("stepfunctions")
    role = make_mighty_role(cloud.gateway.clients("us-west-2", "222222222222"), "runner", "states", "sagemaker")
    definition = json.dumps(machine(task("sagemaker:createTrainingJob.sync", {**JOB, "RoleArn": role})))
    arn = sfn.create_state_machine(name="elsewhere", definition=definition, roleArn=role)["stateMachineArn"]
    done = wait(sfn, sfn.start_execution(stateMachineArn=arn)["executionArn"])
    assert done["status"] == "SUCCEEDED"
    assert (jobs.jobs["job-1"]["region"], jobs.jobs["job-1"]["account"]) == ("us-west-2", "222222222222")


@pytest.mark.parametrize(
    ("status", "reason"), [("Failed", "AlgorithmError: ExecuteUserScriptError"), ("Stopped", None)]
)
def test_a_job_that_failed_or_was_stopped_fails_the_task_with_the_description_as_cause(run, jobs, status, reason):
    jobs.ends_as = status
    done = run(machine(task("sagemaker:createTrainingJob.sync", JOB)))
    assert (done["status"], done["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(done["cause"])
    assert (cause["TrainingJobStatus"], cause.get("FailureReason")) == (status, reason)


def test_a_refused_create_has_the_error_name_of_awss_integration(run):
    caught = {"ErrorEquals": ["SageMaker.AmazonSageMakerException"], "Next": "Caught", "ResultPath": "$.error"}
    endpoint = task("sagemaker:createEndpoint", {"EndpointName": "e", "EndpointConfigName": "none"}, Catch=[caught])
    error = output(run(machine(endpoint, Caught={"Type": "Pass"})))["error"]
    assert error["Error"] == "SageMaker.AmazonSageMakerException"
    assert "Error Code: ValidationException" in error["Cause"]


def test_a_name_that_is_taken_is_a_resource_in_use_exception(run, jobs):
    first = task("sagemaker:createTrainingJob.sync", JOB, Next="Again")
    done = run(machine(first, Again=task("sagemaker:createTrainingJob.sync", JOB)))
    assert done["error"] == "SageMaker.ResourceInUseException"


def test_a_wait_ends_when_the_job_that_was_asked_about_changes(jobs, cloud, sfn, start):
    """A minute's wait after a look at a job, in a machine that is as deployed: the rest of it is left out."""
    begun = task("sagemaker:createTrainingJob", JOB, Next="Look")
    looked = task("aws-sdk:sagemaker:describeTrainingJob", {"TrainingJobName": "job-1"}, Next="Then")
    execution = start(machine(begun, Look=looked, Then={"Type": "Wait", "Seconds": 60}))

    def names() -> list[str]:
        events = sfn.get_execution_history(executionArn=execution)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    deadline = time.monotonic() + 15
    while "Then" not in names():
        assert time.monotonic() < deadline, names()
        time.sleep(0.03)
    cloud.gateway.bells.ring(("training-job", "123456789012", "eu-west-1", "job-1"))
    assert wait(sfn, execution)["status"] == "SUCCEEDED"


def test_a_retry_runs_the_task_again(run, cloud, jobs):
    tried: list[int] = []

    def flaky(call: Call) -> dict[str, Any]:
        tried.append(1)
        if len(tried) < 3:
            raise AwsError("ThrottlingException", "Rate exceeded")
        return jobs.create(call)

    cloud.gateway.instead("sagemaker", "CreateTrainingJob", flaky)
    retry = {"ErrorEquals": ["SageMaker.AmazonSageMakerException"], "IntervalSeconds": 1, "BackoffRate": 1.0}
    done = run(machine(task("sagemaker:createTrainingJob.sync", JOB, Retry=[retry])))
    assert output(done)["TrainingJobStatus"] == "Completed"


def test_parameters_that_the_api_would_not_take_are_a_runtime_error(run, jobs):
    done = run(machine(task("sagemaker:createTrainingJob.sync", {**JOB, "HyperParameters": {"C": 1.0}})))
    assert (done["status"], done["error"]) == ("FAILED", "States.Runtime")
    assert "could not be used to start the Task" in done["cause"]
    assert "HyperParameters.C" in done["cause"]


def test_stopping_an_execution_stops_its_job(sfn, start, jobs):
    jobs.looks_until_end = 10_000
    execution = start(machine(task("sagemaker:createTrainingJob.sync", JOB)))
    wait_until(lambda: jobs.jobs)
    sfn.stop_execution(executionArn=execution, error="Enough", cause="Pressed Ctrl-C")
    described = sfn.describe_execution(executionArn=execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "Enough", "Pressed Ctrl-C")
    assert described["stopDate"] >= described["startDate"]
    wait_until(lambda: jobs.stopped == ["job-1"])
    wait_until(lambda: sfn.get_execution_history(executionArn=execution)["events"][-1]["type"] == "ExecutionAborted")
    assert sfn.describe_execution(executionArn=execution)["stopDate"] == described["stopDate"]


def test_a_task_that_times_out_stops_its_job(run, jobs):
    jobs.looks_until_end = 10_000
    done = run(machine(task("sagemaker:createTrainingJob.sync", JOB, TimeoutSeconds=1)))
    assert done["error"] == "States.Timeout"
    wait_until(lambda: jobs.stopped == ["job-1"])


def test_what_lies_behind_an_index_is_itself_and_behind_a_wildcard_a_list(run):
    variants = {"variants": [{"name": "first"}, {"name": "second"}], "one": [{"name": "only"}]}
    paths = {"first.$": "$.variants[0].name", "all.$": "$.variants[*].name", "only.$": "$.one[*].name"}
    given = {"Type": "Pass", "Result": variants, "Next": "Look"}
    look = {"Type": "Pass", "Parameters": paths, "End": True}
    done = run({"StartAt": "Given", "States": {"Given": given, "Look": look}})
    assert output(done) == {"first": "first", "all": ["first", "second"], "only": ["only"]}


def test_an_object_is_read_as_text_and_parsed(run, cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="results", Key="evaluation.json", Body=b'{"metrics": {"auc": 0.993}}')
    read = task(
        "aws-sdk:s3:getObject",
        {"Bucket": "results", "Key": "evaluation.json"},
        ResultSelector={"evaluation.$": "States.StringToJson($.Body)"},
    )
    assert output(run(machine(read))) == {"evaluation": {"metrics": {"auc": 0.993}}}


def test_an_object_that_no_state_can_hold_is_refused_and_is_never_whole_in_memory(run, cloud, tmp_path):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="large", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    large = tmp_path / "evaluation.json"
    with large.open("wb") as file:
        file.truncate(200_000_000)
    with large.open("rb") as file:
        s3.put_object(Bucket="large", Key="evaluation.json", Body=file)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = run(machine(task("aws-sdk:s3:getObject", {"Bucket": "large", "Key": "evaluation.json"})))
    assert done["error"] == "States.DataLimitExceeded"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes"


def test_a_missing_object_has_the_sdks_error_name(run, cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="empty-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    done = run(machine(task("aws-sdk:s3:getObject", {"Bucket": "empty-bucket", "Key": "none"})))
    assert done["error"] == "S3.NoSuchKeyException"


def test_a_missing_endpoint_is_the_sdks_service_exception(run):
    done = run(machine(task("aws-sdk:sagemaker:describeEndpoint", {"EndpointName": "none"})))
    assert done["error"] == "SageMaker.SageMakerException"


def test_a_model_is_registered_and_its_arn_comes_back(run, cloud):
    sagemaker = cloud.clients()("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="screening-dev-models")
    register = task(
        "aws-sdk:sagemaker:createModelPackage",
        {
            "ModelPackageGroupName": "screening-dev-models",
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {
                "Containers": [{"Image": "image", "ModelDataUrl": "s3://lake/models/model.tar.gz"}],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        },
    )
    done = output(run(machine(register)))
    assert done["ModelPackageArn"].endswith("model-package/screening-dev-models/1")


def test_models_and_endpoint_configurations_are_created(run, cloud):
    model = task(
        "sagemaker:createModel", {"ModelName": "m1", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i"}}
    )
    variant = {"ModelName": "m1", "VariantName": "v", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}}
    parameters = {"EndpointConfigName": "c1", "ProductionVariants": [variant]}
    done = run(machine({**model, "Next": "Config"}, Config=task("sagemaker:createEndpointConfig", parameters)))
    assert output(done)["EndpointConfigArn"].endswith("endpoint-config/c1")
    assert cloud.clients()("sagemaker").describe_model(ModelName="m1")["ModelName"] == "m1"


def test_a_message_is_published(run, cloud):
    topic = cloud.clients()("sns").create_topic(Name="alerts")["TopicArn"]
    publish = task("sns:publish", {"TopicArn": topic, "Subject": "s", "Message": {"run": 1}})
    assert "MessageId" in output(run(machine(publish)))


def test_a_nested_execution_answers_its_output_as_json(run, sfn):
    inner = machine({"Type": "Pass", "Parameters": {"twice.$": "States.MathAdd($.n, $.n)"}})
    arn = sfn.create_state_machine(name="inner", definition=json.dumps(inner), roleArn=ROLE)["stateMachineArn"]
    outer = task("states:startExecution.sync:2", {"StateMachineArn": arn, "Input": {"n": 4}})
    assert output(run(machine(outer)))["Output"] == {"twice": 8}


def test_a_batch_job_runs_to_its_end(run, cloud):
    """The job is a fake that succeeds at the third look; submit and describe are Batch's own shapes."""
    looks = []

    def describe(call: Call) -> dict[str, Any]:
        looks.append(1)
        status = "SUCCEEDED" if len(looks) > 2 else "RUNNING"
        return {"jobs": [{"jobId": call.params["jobs"][0], "jobName": "b", "jobQueue": "q", "status": status,
                          "startedAt": 1, "jobDefinition": "d"}]}  # fmt: skip

    sent: list[dict[str, Any]] = []

    def submit(call: Call) -> dict[str, Any]:
        sent.append(call.params)
        return {"jobId": "id-1", "jobName": "b", "jobArn": "arn"}

    cloud.gateway.instead("batch", "SubmitJob", submit)
    cloud.gateway.instead("batch", "DescribeJobs", describe)
    parameters = {"JobName": "b", "JobQueue": "q", "JobDefinition": "d", "ArrayProperties": {"Size": 2}}
    done = run(machine(task("batch:submitJob.sync", parameters)))
    assert output(done)["Status"] == "SUCCEEDED"
    assert sent[0]["arrayProperties"] == {"size": 2}
    environment = sent[0]["containerOverrides"]["environment"]
    assert {"name": "MANAGED_BY_AWS", "value": "STARTED_BY_STEP_FUNCTIONS"} in environment


def test_history_can_be_paged_and_reversed(run, sfn):
    done = run(machine({"Type": "Pass", "Next": "Second"}, Second={"Type": "Pass"}))
    arn = done["executionArn"]
    pages = sfn.get_paginator("get_execution_history").paginate(executionArn=arn, PaginationConfig={"PageSize": 2})
    types = [event["type"] for page in pages for event in page["events"]]
    expected = ["ExecutionStarted", *["PassStateEntered", "PassStateExited"] * 2, "ExecutionSucceeded"]
    assert types == expected
    latest = sfn.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)["events"]
    assert [event["type"] for event in latest] == ["ExecutionSucceeded"]
    assert abs(latest[0]["timestamp"] - done["stopDate"]).total_seconds() < 2


def test_executions_are_listed_newest_first_with_their_dates(sfn, start):
    first = start(machine({"Type": "Pass"}))
    described = wait(sfn, first)
    wait(sfn, sfn.start_execution(stateMachineArn=described["stateMachineArn"], name="named")["executionArn"])
    listed = sfn.list_executions(stateMachineArn=described["stateMachineArn"])["executions"]
    assert [e["name"] for e in listed] == ["named", described["name"]]
    assert all(e["status"] == "SUCCEEDED" and e["stopDate"] >= e["startDate"] for e in listed)
    none = sfn.list_executions(stateMachineArn=described["stateMachineArn"], statusFilter="FAILED")["executions"]
    assert none == []


def test_unnamed_executions_get_names_of_their_own_and_a_name_is_used_once(sfn, start):
    described = wait(sfn, start(machine({"Type": "Pass"})))
    arn = described["stateMachineArn"]
    assert sfn.start_execution(stateMachineArn=arn)["executionArn"] != described["executionArn"]
    with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
        sfn.start_execution(stateMachineArn=arn, name=described["name"])
    with pytest.raises(sfn.exceptions.InvalidName):
        sfn.start_execution(stateMachineArn=arn, name="no spaces")


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"StartAt": "Nowhere", "States": {"A": {"Type": "Pass", "End": True}}}, "MISSING_TRANSITION_TARGET"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}, "target: B at /States/A/Next"),
        ({"StartAt": "A", "States": {"A": {"Type": "Pass"}}}, "neither 'Next' nor 'End'"),
        (machine({"Type": "Pass"}, Alone={"Type": "Pass"}), '"Alone" is not reachable'),
        (machine(task("sagemaker:createEndpoint.sync", {})), "not recognized"),
        (machine(task("sagemaker:describeEndpoint", {})), "not recognized"),
    ],
)
def test_a_document_that_aws_would_refuse_is_refused(sfn, document, told):
    with pytest.raises(sfn.exceptions.InvalidDefinition, match=told.replace("'", ".")):
        sfn.create_state_machine(name="bad", definition=json.dumps(document), roleArn=ROLE)
    answer = sfn.validate_state_machine_definition(definition=json.dumps(document))
    assert answer["result"] == "FAIL"
    said = [f"{one['code']}: {one['message']} at {one.get('location', '')}" for one in answer["diagnostics"]]
    assert told in "\n".join(said)


def test_what_is_wrong_with_a_definition_is_told_with_its_place(sfn):
    good = machine({"Type": "Pass"})
    assert sfn.validate_state_machine_definition(definition=json.dumps(good)) | {"ResponseMetadata": None} == {
        "result": "OK",
        "diagnostics": [],
        "truncated": False,
        "ResponseMetadata": None,
    }
    astray = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "End": True}}}
    answer = sfn.validate_state_machine_definition(definition=json.dumps(astray), maxResults=1)
    assert answer["truncated"]
    assert answer["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "MISSING_TRANSITION_TARGET",
            "message": "Missing 'Next' target: B",
            "location": "/States/A/Next",
        }
    ]


def wait_until(condition: Any, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.03)
