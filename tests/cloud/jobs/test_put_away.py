"""What clients are told of what has ended is the same before it is put away, after, and after a restart."""

from __future__ import annotations

import json
import time

import pytest

from mlops_iac.cloud.interpreters import sagemaker_pipelines
from mlops_iac.cloud.jobs.records import Records
from mlops_iac.cloud.moto_patches.stepfunctions_ended import Ended
from mlops_iac.cloud.server import Server
from tests.cloud.jobs.conftest import Cloud, wait_for
from tests.cloud.jobs.test_batch import Batch
from tests.support.roles import make_mighty_role

RUNNER = "arn:aws:iam::123456789012:role/runner"
REFUSAL = {"Name": "refuse", "Type": "Fail", "Arguments": {"ErrorMessage": "no"}}
DOCUMENT = {"Version": "2020-12-01", "Parameters": [], "Steps": [REFUSAL]}


@pytest.fixture
def late(monkeypatch):
    """Nothing is put away before it is called."""
    waiting = []
    for kind in (Records, Ended):
        original = kind.put_away
        monkeypatch.setattr(kind, "put_away", lambda *given, original=original: waiting.append((original, given)))

    def put_away():
        monkeypatch.undo()
        for original, given in waiting:
            original(*given)

    return put_away


@pytest.fixture
def home(tmp_path):
    return tmp_path / "cloud"


def start(home, installs):
    server = Server(home, installs=(*installs, sagemaker_pipelines.install))
    server.start()
    return server


def run_everything(cloud):
    """Each kind of work, to its end; answers the questions that are asked of it."""
    make_mighty_role(cloud.clients, "runner", "states", "sagemaker")
    batch = Batch(cloud)
    sfn, sagemaker, s3, logs = (cloud.clients(name) for name in ("stepfunctions", "sagemaker", "s3", "logs"))
    cloud.train("print('trained')")
    cloud.process("open('/opt/ml/processing/output/result/a', 'w').write('1')")
    job, array = batch.submit("print(1)"), batch.submit("print(2)", arrayProperties={"size": 2})
    batch.wait(job), batch.wait(array)
    states = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
    machine = sfn.create_state_machine(name="m", roleArn=RUNNER, definition=json.dumps(states))["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=machine, name="one", input='{"a": 1}')["executionArn"]
    until(lambda: sfn.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    sagemaker.create_pipeline(
        PipelineName="p", PipelineDefinition=json.dumps(DOCUMENT), RoleArn=RUNNER, ClientRequestToken="t" * 32
    )
    run = sagemaker.start_pipeline_execution(PipelineName="p", ClientRequestToken="u" * 32)["PipelineExecutionArn"]
    wait_for(lambda: sagemaker.describe_pipeline_execution(PipelineExecutionArn=run), "PipelineExecutionStatus")
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="lake", Key="a/b", Body=b"1", Tagging="k=v", Metadata={"m": "n"})
    s3.put_object(Bucket="lake", Key="a/b", Body=b"22")
    s3.delete_object(Bucket="lake", Key="a/b")
    training = sagemaker.describe_training_job(TrainingJobName="job")["TrainingJobArn"]
    streams = logs.describe_log_streams(logGroupName="/aws/sagemaker/TrainingJobs")["logStreams"]
    return [
        ("sagemaker", "describe_training_job", {"TrainingJobName": "job"}),
        ("sagemaker", "list_training_jobs", {}),
        ("sagemaker", "list_tags", {"ResourceArn": training}),
        ("sagemaker", "describe_processing_job", {"ProcessingJobName": "job"}),
        ("sagemaker", "list_processing_jobs", {"StatusEquals": "Completed"}),
        ("batch", "describe_jobs", {"jobs": [job, array, f"{array}:1"]}),
        ("batch", "list_jobs", {"jobQueue": "queue", "jobStatus": "SUCCEEDED"}),
        ("batch", "list_jobs", {"arrayJobId": array, "jobStatus": "SUCCEEDED"}),
        ("stepfunctions", "describe_execution", {"executionArn": execution}),
        ("stepfunctions", "describe_state_machine_for_execution", {"executionArn": execution}),
        ("stepfunctions", "get_execution_history", {"executionArn": execution, "reverseOrder": True}),
        ("stepfunctions", "list_executions", {"stateMachineArn": machine, "statusFilter": "SUCCEEDED"}),
        ("sagemaker", "describe_pipeline_execution", {"PipelineExecutionArn": run}),
        ("sagemaker", "list_pipeline_execution_steps", {"PipelineExecutionArn": run}),
        ("sagemaker", "list_pipeline_executions", {"PipelineName": "p"}),
        ("sagemaker", "describe_pipeline_definition_for_execution", {"PipelineExecutionArn": run}),
        ("logs", "describe_log_groups", {}),
        ("logs", "describe_log_streams", {"logGroupName": "/aws/sagemaker/TrainingJobs"}),
        ("logs", "filter_log_events", {"logGroupName": "/aws/sagemaker/TrainingJobs"}),
        (
            "logs",
            "get_log_events",
            {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamName": streams[0]["logStreamName"]},
        ),
        ("s3", "list_objects_v2", {"Bucket": "lake", "Delimiter": "/"}),
        ("s3", "list_objects_v2", {"Bucket": "lake", "MaxKeys": 2}),
        ("s3", "list_object_versions", {"Bucket": "lake"}),
        ("s3", "head_object", {"Bucket": "lake", "Key": "code/script.py"}),
    ]


def until(holds):
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def ask(cloud, questions):
    answers = []
    for service, operation, given in questions:
        answer = getattr(cloud.clients(service), operation)(**given)
        answer.pop("ResponseMetadata")
        answers.append((service, operation, answer))
    return answers


def test_clients_are_told_the_same_before_and_after(installs, home, late):
    server = start(home, installs)
    cloud = Cloud(server)
    questions = run_everything(cloud)
    before = ask(cloud, questions)
    late()
    assert ask(cloud, questions) == before
    assert server.save()
    assert ask(cloud, questions) == before
    machine = next(given["stateMachineArn"] for _, _, given in questions if "stateMachineArn" in given)
    sfn = cloud.clients("stepfunctions")
    with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
        sfn.start_execution(stateMachineArn=machine, name="one", input='{"a": 1}')
    server.stop()
    again = start(home, installs)
    assert ask(Cloud(again, new=False), questions) == before
    again.stop()


def test_what_belongs_to_a_state_machine_goes_with_it(installs, home):
    server = start(home, installs)
    cloud = Cloud(server)
    make_mighty_role(cloud.clients, "runner", "states")
    sfn = cloud.clients("stepfunctions")
    asked = {
        "name": "m",
        "roleArn": RUNNER,
        "definition": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
    }
    machine = sfn.create_state_machine(**asked)["stateMachineArn"]
    execution = sfn.start_execution(stateMachineArn=machine, name="one")["executionArn"]
    until(lambda: sfn.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    sfn.delete_state_machine(stateMachineArn=machine)
    sfn.create_state_machine(**asked)
    assert sfn.list_executions(stateMachineArn=machine)["executions"] == []
    sfn.start_execution(stateMachineArn=machine, name="one")
    server.stop()
