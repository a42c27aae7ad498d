from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import UsageError
from mlops_iac.runs.ended_runs import EndedRuns
from mlops_iac.runs.filters import Condition, Filter, parse_since, parse_status
from mlops_iac.runs.history import list_runs
from mlops_iac.runs.run import Run
from tests.support.small_environment import make_state_machine

NOW = datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)
RUN = Run(
    id="261121-081530-3fa2", pipeline="training", stack="screening-dev", handle="arn:x", status="succeeded",
    started=NOW, ended=NOW + timedelta(seconds=41), code="0", parameters={"data": "raw/"},
    metrics={"auc": 0.9, "a.b": 2},
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "holds"),
    [("auc>=0.9", True), ("auc > 0.9", False), ("auc<1e0", True), ("auc=0.9", True), ("auc==0.9", True),
     ("a.b<=1", False), ("none>0", False), ("auc>-1", True)],
)  # fmt: skip
def test_a_condition_holds_of_a_run_that_has_the_metric(text: str, holds: bool) -> None:
    assert Condition.parse(text).holds(RUN) is holds


@pytest.mark.parametrize("text", ["", "auc", "auc>=", ">=1", "auc>=x", "auc>=0.9 or 1", "auc=>1", "auc>=nan"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no condition"):
        Condition.parse(text)


def test_a_time_is_ago_or_a_day() -> None:
    assert [NOW - parse_since(text, NOW) for text in ("90m", "24h", "7d", "2w")] == [
        timedelta(minutes=90), timedelta(days=1), timedelta(days=7), timedelta(days=14),
    ]  # fmt: skip
    assert parse_since("2026-11-21T08:15:30+00:00") == NOW
    assert parse_since("2026-11-21").tzinfo is UTC
    for text in ("", "yesterday", "7", "99999d", "2026-13-01", "0001-01-01T00:00:00+23:59"):
        with pytest.raises(UsageError, match="neither a time ago"):
            parse_since(text)


def test_a_status_is_one_of_a_run_s() -> None:
    assert parse_status("timed-out") == "timed-out"
    with pytest.raises(UsageError, match="none of: running, succeeded") as caught:
        parse_status("suceeded")
    assert "did you mean `succeeded`" in caught.value.hint


def test_the_best_come_first_and_those_without_the_metric_last() -> None:
    runs = [dataclasses.replace(RUN, id=str(n), metrics={"auc": value}) for n, value in enumerate((0.1, 0.3, 0.2))]
    none = dataclasses.replace(RUN, id="none", metrics={})
    order = [run.id for run in Filter(sort="auc").arrange([none, *runs])]
    assert order == ["1", "2", "0", "none"]
    assert [run.id for run in Filter(sort="auc", ascending=True).arrange([none, *runs])] == ["0", "2", "1", "none"]


def begin(environment: Environment, clients: Clients, day: int, auc: float | None = None) -> str:
    """A run of this day of November, with its evaluation."""
    run = f"2611{day:02}-081530-3fa2"
    handle = environment.pipelines["training"].handle
    clients("stepfunctions").start_execution(stateMachineArn=handle, name=f"screening-dev-{run}", input="{}")
    if auc is not None:
        body = json.dumps({"metrics": {"auc": auc}})
        key = f"models/{run}/evaluation/evaluation.json"
        clients("s3").put_object(Bucket=environment.lake.bucket, Key=key, Body=body)
    return run


def ended(environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on what is described has succeeded; answers who was asked about."""
    asked: list[str] = []
    real = clients("stepfunctions").describe_execution

    def describe(executionArn: str) -> dict:
        asked.append(executionArn[-18:])
        return {**real(executionArn=executionArn), "status": "SUCCEEDED", "stopDate": NOW}

    monkeypatch.setattr(clients("stepfunctions"), "describe_execution", describe)
    return asked


@pytest.fixture
def flow(environment: Environment, clients: Clients) -> None:
    make_state_machine(environment, clients, {"Done": {"Type": "Succeed"}})


@pytest.mark.usefixtures("flow")
def test_runs_are_found_by_metric_time_and_status(
    environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [begin(environment, clients, day, auc) for day, auc in ((10, 0.7), (11, 0.95), (12, 0.9), (13, None))]

    def found(limit: int = 20, **wanted: object) -> list[str]:
        return [one.id for one in list_runs(environment, clients, limit=limit, wanted=Filter(**wanted))]  # type: ignore[arg-type]

    assert found() == runs[::-1]
    assert found(conditions=(Condition("auc", ">=", 0.9),)) == [runs[2], runs[1]]
    assert found(sort="auc") == [runs[1], runs[2], runs[0], runs[3]]
    assert found(limit=1, sort="auc") == [runs[1]]
    assert found(limit=1, conditions=(Condition("auc", "<", 0.9),)) == [runs[0]]
    assert found(since=datetime(2026, 11, 12, tzinfo=UTC)) == [runs[3], runs[2]]
    assert found(statuses=("succeeded",)) == []
    ended(environment, clients, monkeypatch)
    assert found(statuses=("succeeded",)) == runs[::-1]


@pytest.mark.usefixtures("flow")
def test_what_ended_well_is_asked_about_once(
    environment: Environment, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = begin(environment, clients, 10, 0.7)
    list_runs(environment, clients)  # it still goes, so nothing is remembered
    asked = ended(environment, clients, monkeypatch)
    before = list_runs(environment, clients)
    second = begin(environment, clients, 11)
    after = list_runs(environment, clients)
    assert asked == [first, second]
    assert after[1] == before[0]
    assert (after[1].metrics, after[1].ended) == ({"auc": 0.7}, NOW)


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"261121-081530-3fa2": 7}', '{"261121-081530-3fa2": {"handle": "arn:x"}}']
)
def test_a_damaged_memory_is_none(environment: Environment, clients: Clients, cache: Path, text: str) -> None:
    memory = EndedRuns(environment, clients)
    memory.learn(dataclasses.replace(RUN, status="failed"))
    memory.remember()
    assert not (cache / "runs").exists()
    memory.learn(RUN)
    memory.remember()
    assert EndedRuns(environment, clients).find(RUN.id, "arn:x") == RUN
    assert EndedRuns(environment, clients).find(RUN.id, "arn:another") is None
    (file,) = (cache / "runs").iterdir()
    file.write_text(text)
    assert EndedRuns(environment, clients).find(RUN.id, "arn:x") is None
