"""Variables and the values they stand for."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.cloud.interpreters.sagemaker_pipelines.api import _read
from mlops_iac.cloud.interpreters.sagemaker_pipelines.values import Unresolved, Values

DESCRIBED = {
    "ModelArtifacts": {"S3ModelArtifacts": "s3://lake/model.tar.gz"},
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://lake/train/"}}]},
}


def values(body: bytes = b"{}") -> Values:
    made = Values({"run": "1", "bound": 0.97, "deep": True}, {"PipelineExecutionId": "abc"}, lambda uri: body)
    made.steps["train"] = DESCRIBED
    made.files["evaluate", "report"] = "s3://lake/evaluation.json"
    return made


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ({"Get": "Parameters.run"}, "1"),
        ({"Get": "Execution.PipelineExecutionId"}, "abc"),
        ({"Get": "Steps.train.ModelArtifacts.S3ModelArtifacts"}, "s3://lake/model.tar.gz"),
        ({"Get": "Steps.train.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}, "s3://lake/train/"),
        ({"Get": "Steps.train.ProcessingOutputConfig.Outputs[0].OutputName"}, "train"),
        (
            {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.bound"}, {"Get": "Parameters.deep"}]}},
            "s3://0.97/true",
        ),
        ([{"a": {"Get": "Parameters.run"}}, 3], [{"a": "1"}, 3]),
    ],
)
def test_a_variable_becomes_its_value_wherever_it_stands(variable: Any, value: Any) -> None:
    assert values().settle(variable) == value


def json_get(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.evaluate.PropertyFiles.report"}, "Path": path}}


def test_a_value_in_a_property_file_is_found_by_its_path() -> None:
    found = values(b'{"metrics": {"auc": 0.9, "validation:auc": 0.8}, "list": [1, 2]}')
    assert found.settle(json_get("metrics.auc")) == 0.9
    assert found.settle(json_get("metrics['validation:auc']")) == 0.8
    assert found.settle(json_get("list[1]")) == 2


@pytest.mark.parametrize(
    ("body", "path", "told"),
    [
        (b'{"metrics": {}}', "metrics.auc", "has no metrics.auc"),
        (b'{"metrics": {"auc": NaN}}', "metrics.auc", "it holds NaN"),
        (b"\xef\xbb\xbf{}", "metrics.auc", "not valid JSON"),
        (b"[" * 100_000, "metrics.auc", "not valid JSON"),
    ],
)
def test_a_file_that_cannot_be_read_fails_its_reader_and_is_named(body: bytes, path: str, told: str) -> None:
    with pytest.raises(Unresolved, match=told) as failed:
        values(body).settle(json_get(path))
    assert "s3://lake/evaluation.json" in str(failed.value)


@pytest.mark.parametrize(
    "reference", ["Parameters.rum", "Steps.nobody.Name", "Steps.train.Nothing", "Execution.Nobody"]
)
def test_a_variable_that_leads_nowhere_is_told(reference: str) -> None:
    with pytest.raises(Unresolved):
        values().settle({"Get": reference})


def test_a_property_file_that_is_far_too_large_is_refused_unread() -> None:
    class S3:
        def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
            return {"ContentLength": 1_000_000_000, "Body": self}

        def close(self) -> None:
            """What it answered is left on the wire."""

    with pytest.raises(Unresolved, match=r"s3://lake/evaluation.json has 1,000,000,000 bytes; at most 4,194,304"):
        _read(S3(), "s3://lake/evaluation.json")
