"""Transform jobs ask a model once per file or line and leave `.out` files."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

DOUBLE = """
def model_fn(model_dir):
    return 2
def input_fn(body, content_type):
    return [float(x) for x in body.split()]
def predict_fn(data, model):
    return [x * model for x in data]
def output_fn(prediction, accept):
    return " ".join(str(x) for x in prediction), "text/csv"
"""


def transform(cloud, name="job", model="double", **changes):
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/in/"}}
    asked = {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": "s3://lake/out/", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "BatchStrategy": "SingleRecord",
    }
    cloud.sagemaker.create_transform_job(**(asked | changes))
    describe = lambda: cloud.sagemaker.describe_transform_job(TransformJobName=name)  # noqa: E731
    return cloud.wait(describe, "TransformJobStatus")


def test_each_line_is_answered_in_order(cloud):
    cloud.model(DOUBLE, name="double")
    cloud.put("in/a.csv", "1\n2\n3\n")
    cloud.put("in/deep/b.csv", "5\n")
    job = transform(cloud)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get("out/a.csv.out") == b"2.0\n4.0\n6.0\n"
    assert cloud.get("out/deep/b.csv.out") == b"10.0\n"


def test_a_model_that_raises_fails_the_job(cloud):
    cloud.model(DOUBLE, name="double")
    cloud.put("in/a.csv", "1\nx\n")
    job = transform(cloud)
    assert job["TransformJobStatus"] == "Failed"
    assert "could not convert string to float" in job["FailureReason"]


def test_a_missing_model_is_refused(cloud):
    cloud.put("in/a.csv", "1\n")
    with pytest.raises(ClientError, match="Could not find model"):
        transform(cloud, model="ghost")
    assert json.dumps(cloud.sagemaker.list_transform_jobs()["TransformJobSummaries"]) == "[]"
