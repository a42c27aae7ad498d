"""What is known of jobs: the same before and after they were put away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.cloud.appended import Appended
from mlops_iac.cloud.jobs import count_running
from mlops_iac.cloud.jobs.records import Key, Records
from tests.cloud.jobs.conftest import Cloud

KEY: Key = ("training-job", "123456789012", "eu-west-1", "one")
OTHER: Key = (*KEY[:3], "other")
RECORD = {"TrainingJobName": "one", "TrainingJobStatus": "Completed", "HyperParameters": {"C": "1.0"}}
SHOWN = ("TrainingJobName", "TrainingJobStatus", "LabelingJobArn")


@pytest.fixture
def records(cloud: Cloud) -> Iterator[Records]:
    cloud.server.gateway.store.clear()
    made = Records(cloud.server.gateway, "jobs")
    made.add(KEY, dict(RECORD))
    made.put_away(KEY, SHOWN)
    made.add(OTHER, {**RECORD, "TrainingJobStatus": "InProgress"})
    yield made
    cloud.server.gateway.store.clear()


def test_a_record_that_was_put_away_is_found_whole(records: Records) -> None:
    assert records.find(KEY) == RECORD
    assert dict(records.each("training-job"))[KEY] == RECORD


def test_lists_read_only_what_they_show(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Appended, "__iter__", lambda _: pytest.fail("it is read from the disk"))
    told = dict(records.each("training-job", whole=False))
    assert told[KEY] == {"TrainingJobName": "one", "TrainingJobStatus": "Completed"}
    assert told[OTHER]["HyperParameters"] == {"C": "1.0"}


def test_the_status_counts_it(records: Records) -> None:
    assert count_running(records) == {"running": 1, "ended": 1}


def test_a_copy_changes_nothing(records: Records) -> None:
    found: Any = records.find(KEY)
    found["HyperParameters"]["C"] = "2.0"
    assert records.find(KEY) == RECORD


def test_it_can_change_and_be_put_away_again(records: Records) -> None:
    records.change(KEY, FailureReason="none")
    records.put_away(KEY, SHOWN)
    records.put_away(KEY, SHOWN)
    assert records.find(KEY) == {**RECORD, "FailureReason": "none"}


def test_it_can_be_removed(records: Records) -> None:
    records.remove(KEY)
    records.change(KEY, FailureReason="none")
    records.put_away(KEY, SHOWN)
    assert records.find(KEY) is None
