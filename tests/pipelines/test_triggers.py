"""What may start a pipeline by itself, and what would start itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.triggers import Triggers, find_faults

READ: TypeAdapter[Any] = TypeAdapter(Triggers)


def pipeline(name: str, **triggers: dict[str, Any]) -> Pipeline:
    return training(TrainingOptions()).model_copy(update={"name": name, "triggers": READ.validate_python(triggers)})


def faults(*pipelines: Pipeline) -> list[tuple[str, str, str]]:
    return [(fault.pipeline, fault.field, fault.detail) for fault in find_faults(pipelines)]


def test_each_kind_can_be_said() -> None:
    first = pipeline(
        "first",
        nightly={"kind": "schedule", "when": "cron(0 6 * * ? *)", "timezone": "Europe/Berlin"},
        fresh={"kind": "data", "prefix": "raw/", "quiet_minutes": 10},
        drift={"kind": "drift", "alarm": "screening-dev-drift"},
    )
    assert faults(first, pipeline("second", chained={"kind": "after", "pipeline": "first"})) == []


@pytest.mark.parametrize(
    ("trigger", "why"),
    [
        ({"kind": "schedule", "when": "every day"}, "rate(1 day)"),
        ({"kind": "schedule", "when": "cron(0 6 * * * *)"}, "must be `?`"),
        ({"kind": "schedule", "when": "rate(1 day)", "timezone": "Mars"}, "time zone"),
        ({"kind": "schedule"}, "Field required"),
        ({"kind": "data", "prefix": "raw"}, "slash"),
        ({"kind": "data", "quiet_minutes": 0}, "greater than or equal to 1"),
        ({"kind": "drift", "alarm": ""}, "pattern"),
        ({"kind": "push"}, "schedule"),
        ({"kind": "after", "pipeline": "No Name"}, "pattern"),
    ],
)
def test_what_cannot_be_read_says_why(trigger: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        READ.validate_python({"mine": trigger})
    assert why in str(caught.value)


def test_a_pipeline_that_nobody_has_starts_nothing() -> None:
    assert faults(pipeline("first", next={"kind": "after", "pipeline": "fist"})) == [
        ("first", "pipeline", "There is no pipeline `fist`; there are: first.")
    ]


def test_a_pipeline_is_not_started_by_its_own_end() -> None:
    assert faults(pipeline("first", again={"kind": "after", "pipeline": "first"})) == [
        ("first", "pipeline", "It would start itself: first → first.")
    ]


def test_pipelines_do_not_start_each_other_for_ever() -> None:
    found = faults(
        pipeline("one", next={"kind": "after", "pipeline": "three"}),
        pipeline("two", next={"kind": "after", "pipeline": "one"}),
        pipeline("three", next={"kind": "after", "pipeline": "two"}),
    )
    assert found[0] == ("one", "pipeline", "It would start itself: one → two → three → one.")
    assert len(found) == 3


@pytest.mark.parametrize("prefix", ["models/", "curated/today/", "features/"])
def test_a_pipeline_is_not_started_by_what_it_writes(prefix: str) -> None:
    found = faults(pipeline("first", fresh={"kind": "data", "prefix": prefix}))
    assert found == [("first", "prefix", "It would start itself: first → first.")]


def test_what_another_pipeline_writes_may_start_one_that_does_not_start_it() -> None:
    reader = pipeline("reader", fresh={"kind": "data", "prefix": "raw/"})
    assert faults(reader, pipeline("after", next={"kind": "after", "pipeline": "reader"})) == []
