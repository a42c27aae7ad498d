"""Data capture: what an endpoint was asked and answered lies in S3 as SageMaker's lines, in the model's role."""

from __future__ import annotations

import base64
import json
import re

MODEL = "def model_fn(d): return 1\ndef transform_fn(m, body, t, a): return body, t"
KEY = re.compile(r"captured/run-1/endpoint/main/\d{4}/\d\d/\d\d/\d\d/[^/]+\.jsonl")
HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def make(cloud, percent=100, **config):
    cloud.model(MODEL)
    variant = {"VariantName": "main", "ModelName": "model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    capture = {
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": "s3://lake/captured/run-1",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": HEADERS,
        **config,
    }
    cloud.sagemaker.create_endpoint_config(
        EndpointConfigName="config", ProductionVariants=[variant], DataCaptureConfig=capture
    )
    found = cloud.endpoint()
    assert found["EndpointStatus"] == "InService", found
    return found


def ask(cloud, body, content_type="text/csv", **asked):
    runtime = cloud.clients("sagemaker-runtime")
    return runtime.invoke_endpoint(EndpointName="endpoint", Body=body, ContentType=content_type, **asked)


def captured(cloud):
    return [json.loads(cloud.get(key)) for key in cloud.keys("captured/")]


def test_a_request_and_its_answer_are_one_line(cloud):
    described = make(cloud)["DataCaptureConfig"]
    assert (described["EnableCapture"], described["CaptureStatus"]) == (True, "Started")
    assert described["DestinationS3Uri"] == "s3://lake/captured/run-1"
    ask(cloud, b"1,2", InferenceId="visit-7")
    assert KEY.fullmatch(cloud.keys("captured/")[0])
    (line,) = captured(cloud)
    assert line["captureData"]["endpointInput"] == {
        "observedContentType": "text/csv", "mode": "INPUT", "data": "1,2", "encoding": "CSV",
    }  # fmt: skip
    assert line["captureData"]["endpointOutput"]["data"] == "1,2"
    assert line["eventMetadata"]["inferenceId"] == "visit-7"
    assert set(line["eventMetadata"]) == {"eventId", "inferenceId", "inferenceTime"}


def test_what_is_no_named_content_type_is_kept_in_base64(cloud):
    make(cloud)
    ask(cloud, b"\x89PNG", "image/png")
    data = captured(cloud)[0]["captureData"]["endpointInput"]
    assert (data["encoding"], base64.b64decode(data["data"])) == ("BASE64", b"\x89PNG")


def test_half_of_the_requests_are_each_other_one(cloud):
    make(cloud, percent=50)
    for number in range(4):
        ask(cloud, str(number).encode())
    assert len(captured(cloud)) == 2


def test_capture_that_is_turned_off_keeps_nothing(cloud):
    assert make(cloud, EnableCapture=False)["DataCaptureConfig"]["CaptureStatus"] == "Stopped"
    ask(cloud, b"1")
    assert captured(cloud) == []


def test_a_capture_that_fails_fails_no_request(cloud):
    make(cloud, DestinationS3Uri="s3://nobodys/captured")
    assert ask(cloud, b"1")["Body"].read() == b"1"
