"""What makes a step of a pipeline the same as one before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mlops_iac.cloud.interpreters.sagemaker_pipelines.caching import find_fault, longest, signature


def step(kind: str = "Training", **cache: Any) -> dict[str, Any]:
    return {"Name": "train", "Type": kind, "CacheConfig": {"Enabled": True, "ExpireAfter": "P30D", **cache}}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("30d", timedelta(days=30)),
        ("P30D", timedelta(days=30)),
        ("5y", timedelta(days=5 * 365)),
        ("T16m", timedelta(minutes=16)),
        ("PT1H", timedelta(hours=1)),
        ("30dT5h", timedelta(days=30, hours=5)),
        ("P1W", timedelta(weeks=1)),
    ],
)
def test_durations_are_read_as_sagemaker_writes_them(text: str, time: timedelta) -> None:
    assert longest(step(ExpireAfter=text)) == time


def test_what_sagemaker_refuses_is_refused() -> None:
    assert "no duration" in find_fault(step(ExpireAfter="soon"))
    assert "no duration" in find_fault(step(ExpireAfter=""))
    assert "has no cache" in find_fault(step("Model"))
    assert find_fault(step()) == find_fault(step("Model", Enabled=False)) == ""


def test_only_some_attributes_are_compared() -> None:
    arguments = {"HyperParameters": {"C": "1"}, "InputDataConfig": [], "TrainingJobName": "a", "ResourceConfig": {}}
    same = signature(step(), arguments, "p")
    assert signature(step(), {**arguments, "TrainingJobName": "b", "ResourceConfig": {"n": 2}}, "p") == same
    assert signature(step(), {**arguments, "HyperParameters": {"C": "2"}}, "p") != same
    assert signature(step(), arguments, "q") != same


def test_of_a_tuning_some_attributes_of_its_trainings_are_compared() -> None:
    arguments = {"TrainingJobDefinition": {"InputDataConfig": [], "OutputDataConfig": {"S3OutputPath": "s3://a"}}}
    other = {"TrainingJobDefinition": {"InputDataConfig": [], "OutputDataConfig": {"S3OutputPath": "s3://b"}}}
    assert signature(step("Tuning"), arguments, "p") == signature(step("Tuning"), other, "p")
