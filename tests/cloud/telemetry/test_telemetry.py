"""What services publish by themselves, and what alarms do with it, through AWS's own API."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from mlops_iac.cloud import telemetry
from mlops_iac.cloud.news import News
from tests.support.roles import allow, document, make_mighty_role

PLACE = {"account_id": "123456789012", "region": "eu-west-1"}
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:training"
NOTHING = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Pass", "End": True}}})
FAILS = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Fail", "Error": "GateRefused"}}})


@pytest.fixture(scope="module")
def installs():
    return (telemetry.install,)


def until(find):
    """What ``find`` finds, as soon as it finds something."""
    deadline = time.monotonic() + 30
    while not (found := find()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
    return found


def total(clients, namespace, metric, **dimensions):
    found = clients("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=datetime.now(UTC) - timedelta(minutes=10),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


def make_topic(clients, name, *services):
    """A topic that services may publish to."""
    arn = clients("sns").create_topic(Name=name)["TopicArn"]
    principals = {"Service": [f"{service}.amazonaws.com" for service in services]}
    text = document({**allow("sns:Publish", on=arn), "Principal": principals})
    clients("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)
    return arn


def make_queue(clients, topic, name):
    """A queue that hears a topic."""
    url = clients("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    clients("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return lambda: [
        json.loads(json.loads(message["Body"])["Message"])
        for message in clients("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
    ]


def make_machine(clients, name, definition):
    role = make_mighty_role(clients, f"{name}-flow", "states")
    made = clients("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=role)
    return made["stateMachineArn"]


def run(clients, machine):
    arn = clients("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"]
    until(lambda: clients("stepfunctions").describe_execution(executionArn=arn)["status"] != "RUNNING")
    return arn


def test_a_failed_run_is_counted_alarms_and_tells(cloud):
    clients = cloud.clients()
    machine = make_machine(clients, "failing", FAILS)
    topic = make_topic(clients, "alerts", "cloudwatch", "events")
    heard = make_queue(clients, topic, "alerts")
    clients("cloudwatch").put_metric_alarm(
        AlarmName="training-failed",
        Namespace="AWS/States",
        MetricName="ExecutionsFailed",
        Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=0,
        Period=300,
        EvaluationPeriods=1,
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )
    run(clients, make_machine(clients, "good", NOTHING))
    state = lambda: clients("cloudwatch").describe_alarms(AlarmNames=["training-failed"])["MetricAlarms"][0]  # noqa: E731
    assert state()["StateValue"] == "OK"
    run(clients, machine)
    until(lambda: state()["StateValue"] == "ALARM")
    assert "greater than the threshold (0)" in state()["StateReason"]
    message = until(heard)[0]
    assert (message["AlarmName"], message["NewStateValue"], message["OldStateValue"]) == (
        "training-failed",
        "ALARM",
        "OK",
    )
    assert total(clients, "AWS/States", "ExecutionsFailed", StateMachineArn=machine) == 1
    assert total(clients, "AWS/States", "ExecutionsStarted", StateMachineArn=machine) == 1
    assert total(clients, "AWS/States", "ExecutionTime", StateMachineArn=machine) >= 0


def test_a_rule_on_ended_runs_fires(cloud):
    clients = cloud.clients()
    machine = make_machine(clients, "watched", FAILS)
    topic = make_topic(clients, "ends", "cloudwatch", "events")
    heard = make_queue(clients, topic, "ends")
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"status": ["FAILED"], "stateMachineArn": [machine]},
    }
    clients("events").put_rule(Name="failed-runs", EventPattern=json.dumps(pattern))
    clients("events").put_targets(Rule="failed-runs", Targets=[{"Id": "alerts", "Arn": topic}])
    arn = run(clients, machine)
    event = until(heard)[0]
    assert event["detail"]["executionArn"] == arn
    assert event["detail"]["error"] == "GateRefused"
    assert event["resources"] == [arn]
    assert isinstance(event["detail"]["stopDate"], int)


def invocation(cloud, status=200, model_seconds=0.2):
    facts = {
        "EndpointName": "e",
        "VariantName": "main",
        "status": status,
        "seconds": 0.3,
        "instances": 2,
        "model_seconds": model_seconds,
    }
    cloud.gateway.tell_news(News(kind="invocation", **PLACE, facts=facts))


def test_an_endpoints_requests_are_counted_with_their_errors_and_times(cloud):
    clients, variant = cloud.clients(), {"EndpointName": "e", "VariantName": "main"}
    invocation(cloud)
    invocation(cloud, status=400)
    invocation(cloud, status=500)
    invocation(cloud, status=429, model_seconds=None)
    names = ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
    counts = [total(clients, "AWS/SageMaker", name, **variant) for name in names]
    assert counts == [4, 2, 1]
    assert total(clients, "AWS/SageMaker", "ModelLatency", **variant) == pytest.approx(600_000)
    assert total(clients, "AWS/SageMaker", "OverheadLatency", **variant) == pytest.approx(300_000)


def test_what_a_training_job_printed_is_published(cloud):
    facts = {
        "TrainingJobName": "t",
        "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/t",
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.9}],
    }
    cloud.gateway.tell_news(News(kind="job", **PLACE, facts=facts))
    found = total(cloud.clients(), "/aws/sagemaker/TrainingJobs", "validation:auc", TrainingJobName="t")
    assert found == pytest.approx(0.9)


def test_an_alarm_whose_state_a_person_sets_tells_too_and_one_that_is_off_does_not(cloud):
    clients = cloud.clients()
    topic = make_topic(clients, "by-hand", "cloudwatch", "events")
    heard = make_queue(clients, topic, "by-hand")
    common = {
        "Namespace": "Team", "MetricName": "Lag", "Statistic": "Sum", "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1, "Period": 60, "EvaluationPeriods": 1, "AlarmActions": [topic], "TreatMissingData": "ignore",
    }  # fmt: skip
    clients("cloudwatch").put_metric_alarm(AlarmName="off", ActionsEnabled=False, **common)
    clients("cloudwatch").put_metric_alarm(AlarmName="on", **common)
    for name in ("off", "on"):
        clients("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="tried")
    assert [message["AlarmName"] for message in until(heard)] == ["on"]


def test_a_teams_own_metric_moves_its_alarm_at_once(cloud):
    clients = cloud.clients()
    clients("cloudwatch").put_metric_alarm(
        AlarmName="drift", Namespace="Team", MetricName="Psi", ExtendedStatistic="p90", Threshold=0.2, Period=60,
        ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Dimensions=[{"Name": "Column", "Value": "age"}],
    )  # fmt: skip
    state = lambda: clients("cloudwatch").describe_alarms(AlarmNames=["drift"])["MetricAlarms"][0]["StateValue"]  # noqa: E731
    assert state() == "INSUFFICIENT_DATA"
    for column, value, expected in (("size", 0.9, "INSUFFICIENT_DATA"), ("age", 0.1, "OK"), ("age", 0.9, "ALARM")):
        datum = {"MetricName": "Psi", "Value": value, "Dimensions": [{"Name": "Column", "Value": column}]}
        clients("cloudwatch").put_metric_data(Namespace="Team", MetricData=[datum])
        assert state() == expected


def test_metric_math_is_not_evaluated_and_says_so(cloud):
    clients = cloud.clients()
    clients("cloudwatch").put_metric_alarm(
        AlarmName="math",
        Metrics=[{"Id": "e1", "Expression": "1 + 1", "ReturnData": True}],
        Threshold=1,
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    alarm = clients("cloudwatch").describe_alarms(AlarmNames=["math"])["MetricAlarms"][0]
    assert (alarm["StateValue"], alarm["StateReason"]) == (
        "INSUFFICIENT_DATA",
        "The embedded cloud does not evaluate metric math and anomaly detection.",
    )


def test_a_listener_that_fails_disturbs_nobody(cloud):
    def fail(news):
        raise RuntimeError("boom")

    cloud.gateway.on_news(fail)
    invocation(cloud)
    cloud.gateway._on_news.remove(fail)
