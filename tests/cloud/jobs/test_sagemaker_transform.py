"""Transform jobs ask a model once per file or line and leave `.out` files."""

from __future__ import annotations

import gzip
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


SUM = """
import gzip
import json
def model_fn(model_dir):
    return sum
def input_fn(body, content_type):
    if content_type == "text/csv":
        return [[float(x) for x in line.split(",")] for line in body.splitlines()]
    return [json.loads(line) for line in body.splitlines()]
def predict_fn(rows, model):
    return [model(row) for row in rows]
def output_fn(answers, accept):
    return "".join(f"{answer}\\n" for answer in answers), accept
"""


def processing(**fields):
    return {"DataProcessing": fields, "BatchStrategy": "MultiRecord"}


def csv_out():
    return {"TransformOutput": {"S3OutputPath": "s3://lake/out/", "AssembleWith": "Line", "Accept": "text/csv"}}


def test_columns_of_csv_are_filtered_and_joined_by_row(cloud):
    cloud.model(SUM, name="sum")
    cloud.put("in/a.csv", 'a,1,2\n"b,b",3,4\n')
    fields = processing(InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]")
    job = transform(cloud, model="sum", **csv_out(), **fields)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get("out/a.csv.out") == b'a,3.0\n"b,b",7.0\n'


def test_json_lines_get_the_answer_under_a_name_of_sagemakers(cloud):
    cloud.model(SUM, name="sum")
    cloud.put("in/a.jsonl", '{"id": 1, "x": [1, 2]}\n{"id": 2, "x": [5, 5]}\n')
    job = transform(
        cloud,
        model="sum",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/in/"}},
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
        },
        **processing(InputFilter="$.x", JoinSource="Input", OutputFilter="$['id','SageMakerOutput']"),
    )
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert [json.loads(line) for line in cloud.get("out/a.jsonl.out").splitlines()] == [
        {"id": 1, "SageMakerOutput": 3},
        {"id": 2, "SageMakerOutput": 10},
    ]


def test_answers_that_are_fewer_than_records_cannot_be_joined(cloud):
    cloud.model(SUM.replace("for answer in answers", "for answer in answers[1:]"), name="sum")
    cloud.put("in/a.csv", "1,2\n3,4\n")
    job = transform(cloud, model="sum", **csv_out(), **processing(JoinSource="Input"))
    assert "Fail to join: a request of 2 records had 1" in job["FailureReason"]


def test_a_filter_that_names_a_column_which_is_not_there_fails_the_job(cloud):
    cloud.model(SUM, name="sum")
    cloud.put("in/a.csv", "1,2\n")
    job = transform(cloud, model="sum", **csv_out(), **processing(InputFilter="$[7]"))
    assert "$[7] names what a record does not have" in job["FailureReason"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"InputFilter": "$[?(@)]"}, "is no filter of SageMaker's"),
        ({"JoinSource": "Input", "OutputFilter": "$..a"}, "is no filter of SageMaker's"),
    ],
)
def test_a_filter_that_sagemaker_does_not_know_is_refused_at_once(cloud, fields, said):
    cloud.model(SUM, name="sum")
    cloud.put("in/a.csv", "1,2\n")
    with pytest.raises(ClientError, match=said):
        transform(cloud, model="sum", DataProcessing=fields)


def test_files_that_are_compressed_are_read_as_what_they_hold(cloud):
    cloud.model(DOUBLE, name="double")
    cloud.put("in/a.csv.gz", gzip.compress(b"1\n2\n"))
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/in/"}}
    asked = {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line", "CompressionType": "Gzip"}
    job = transform(cloud, TransformInput=asked)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get("out/a.csv.gz.out") == b"2.0\n4.0\n"
    cloud.put("in/a.csv.gz", b"1\n2\n")
    assert "is no gzip file" in transform(cloud, name="again", TransformInput=asked)["FailureReason"]


def test_the_jobs_own_environment_wins_over_the_models(cloud):
    cloud.model(DOUBLE.replace("return 2", "import os; return float(os.environ['BY'])"), name="by")
    cloud.put("in/a.csv", "1\n")
    job = transform(cloud, model="by", Environment={"BY": "5"})
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert cloud.get("out/a.csv.out") == b"5.0\n"
