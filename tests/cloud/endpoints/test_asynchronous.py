"""InvokeEndpointAsync: a request in S3 is answered in S3, by the model, in the model's role."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

SCRIPT = """
import json
def model_fn(folder):
    return 1
def input_fn(body, kind):
    return json.loads(body)
def predict_fn(data, model):
    if data == ["fail"]:
        raise ValueError("this one cannot be answered")
    return [x + model for x in data]
def output_fn(answer, accept):
    return json.dumps(answer)
"""


def make(cloud, **config):
    cloud.model(SCRIPT)
    variant = {"VariantName": "main", "ModelName": "model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    output = {"S3OutputPath": "s3://lake/out/", "S3FailurePath": "s3://lake/failed/", **config}
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName="config", ProductionVariants=[variant], AsyncInferenceConfig={"OutputConfig": output}
    )
    found = cloud.endpoint()
    assert found["EndpointStatus"] == "InService", found
    return found


def ask(cloud, **asked):
    runtime = cloud.clients("sagemaker-runtime")
    return runtime.invoke_endpoint_async(EndpointName="endpoint", ContentType="application/json", **asked)


def wait_for(cloud, uri):
    key = uri.removeprefix("s3://lake/")
    for _ in range(400):
        if key in cloud.keys("out/") + cloud.keys("failed/"):
            return cloud.get(key)
        time.sleep(0.05)
    raise AssertionError(cloud.keys())


def test_an_answer_lies_where_the_endpoint_said(cloud):
    assert make(cloud)["AsyncInferenceConfig"]["OutputConfig"]["S3OutputPath"] == "s3://lake/out/"
    said = ask(cloud, InputLocation=cloud.put("in/1.json", "[1, 2]"), InferenceId="mine")
    assert said["InferenceId"] == "mine"
    assert said["OutputLocation"].startswith("s3://lake/out/")
    assert said["OutputLocation"].endswith(".out")
    assert json.loads(wait_for(cloud, said["OutputLocation"])) == [2, 3]


def test_a_request_may_be_in_the_call_and_its_answer_be_named(cloud):
    make(cloud)
    said = ask(cloud, Body=b"[4]", S3OutputPathExtension="team/a", Filename="four.out")
    assert said["OutputLocation"] == "s3://lake/out/team/a/four.out"
    assert json.loads(wait_for(cloud, said["OutputLocation"])) == [5]


def test_a_failure_lies_in_its_own_place_with_the_models_words(cloud):
    make(cloud)
    said = ask(cloud, InputLocation=cloud.put("in/1.json", '["fail"]'))
    assert said["FailureLocation"].endswith("-error.out")
    assert b"this one cannot be answered" in wait_for(cloud, said["FailureLocation"])
    assert cloud.keys("out/") == []


def test_a_request_that_is_not_there_is_a_failure(cloud):
    make(cloud)
    said = ask(cloud, InputLocation="s3://lake/in/nothing.json")
    assert b"NoSuchKey" in wait_for(cloud, said["FailureLocation"])


def test_topics_hear_of_answers_and_failures(cloud):
    sns, sqs = cloud.clients("sns"), cloud.clients("sqs")
    topic = sns.create_topic(Name="heard")["TopicArn"]
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    make(cloud, NotificationConfig={"SuccessTopic": topic, "ErrorTopic": topic})
    good, bad = ask(cloud, Body=b"[1]"), ask(cloud, Body=b'["fail"]')
    heard = {}
    for _ in range(100):
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            told = json.loads(message["Body"])
            heard[told["inferenceId"]] = told
        if len(heard) == 2:
            break
        time.sleep(0.1)
    assert heard[good["InferenceId"]]["invocationStatus"] == "Completed"
    assert heard[good["InferenceId"]]["responseParameters"]["outputLocation"] == good["OutputLocation"]
    assert heard[bad["InferenceId"]]["invocationStatus"] == "Failed"


def test_each_kind_of_endpoint_has_its_own_call(cloud):
    make(cloud)
    with pytest.raises(ClientError, match="is asynchronous"):
        cloud.invoke("[1]")
    with pytest.raises(ClientError, match="Exactly one of"):
        ask(cloud)
    cloud.endpoint_config("plain", "model")
    cloud.endpoint("plain", "plain")
    with pytest.raises(ClientError, match="is not asynchronous"):
        cloud.clients("sagemaker-runtime").invoke_endpoint_async(EndpointName="plain", Body=b"[1]")
