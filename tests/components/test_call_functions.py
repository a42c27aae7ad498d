"""Functions that steps of SageMaker Pipelines call for what no type of step does: what they send, what they refuse."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_iac.components.orchestrator import notify_function, query_function
from mlops_iac.components.orchestrator.notify_function import NoMetric, TooLarge, fill, read_metrics
from mlops_iac.components.orchestrator.query_function import Athena as AthenaSource
from mlops_iac.components.orchestrator.query_function import Query, QueryFailed
from mlops_iac.components.orchestrator.query_warehouse import Warehouse, escaped

TELL: dict[str, Any] = {
    "topic": "t",
    "subject": "Measured",
    "message": "{run} of {parameters.data}: {auc}, at {parameters.bound}",
    "run": "261121-081530-3fa2",
    "parameters.data": "raw/",
    "parameters.bound": 0.9,
    "evaluation": "s3://lake/models/1/evaluation/evaluation.json",
    "metrics": json.dumps({"auc": ["metrics", "auc"]}),
}


class Lake:
    def __init__(self, body: bytes, size: int | None = None) -> None:
        self.body, self.size = body, len(body) if size is None else size

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        assert (Bucket, Key) == ("lake", "models/1/evaluation/evaluation.json")
        return {"Body": io.BytesIO(self.body), "ContentLength": self.size}


def test_a_message_has_numbers_as_json_has_them() -> None:
    found = read_metrics(Lake(b'{"metrics": {"auc": 0.93}}'), TELL)
    assert fill(TELL, found) == "261121-081530-3fa2 of raw/: 0.93, at 0.9"


def test_a_value_with_braces_is_no_place_of_its_own() -> None:
    assert (
        fill({**TELL, "parameters.data": "{run}"}, {"auc": "{topic}"}) == "261121-081530-3fa2 of {run}: {topic}, at 0.9"
    )


@pytest.mark.parametrize(
    "body", [b"{}", b'{"metrics": {"auc": null}}', b'{"metrics": {"auc": true}}', b"[1]", b"no", b"\xff"]
)
def test_a_metric_that_is_not_there_is_named(body: bytes) -> None:
    with pytest.raises(NoMetric, match=r"models/1/evaluation/evaluation\.json"):
        read_metrics(Lake(body), TELL)


def test_a_huge_evaluation_is_not_read() -> None:
    with pytest.raises(TooLarge, match="1073741824 bytes"):
        read_metrics(Lake(b"{}", size=1 << 30), TELL)


def test_a_message_that_sns_would_refuse_is_cut() -> None:
    assert len(fill({**TELL, "parameters.data": "ü" * 300_000}, {"auc": "1"}).encode()) <= notify_function.LONGEST


ASK: dict[str, Any] = {
    "select": "SELECT * FROM t WHERE a = ? AND b = ? AND c = ? -- the end",
    "place": "s3://lake/curated/261121-081530-3fa2/ask/",
    "options": "format = 'JSON'",
    "values": json.dumps(["it's", {"parameter": "parameters.free"}, 0.5]),
    "parameters.free": "x' OR '1'='1",
    "database": "d",
    "workgroup": "w",
    "token": "mlops-iac:tiny-dev:261121-081530-3fa2:ask",
    "query": "",
    "wait_seconds": 10,
    "last": True,
}


class Athena:
    """Queries by their token; each is in the states that the test gives, the last one for ever."""

    def __init__(self, *states: str, ended: tuple[str, ...] = ()) -> None:
        self.states, self.ended = list(states), ended
        self.asked: list[dict[str, Any]] = []
        self.stopped: list[str] = []

    def start_query_execution(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return {"QueryExecutionId": asked["ClientRequestToken"]}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:
        before = QueryExecutionId.endswith(self.ended)
        state = "FAILED" if before else self.states.pop(0) if len(self.states) > 1 else self.states[0]
        submitted = datetime.now(UTC) - timedelta(minutes=5 if before else 0)
        status = {"State": state, "SubmissionDateTime": submitted, "StateChangeReason": "TABLE_NOT_FOUND: t"}
        return {"QueryExecution": {"QueryExecutionId": QueryExecutionId, "Status": status}}

    def stop_query_execution(self, QueryExecutionId: str) -> None:
        self.stopped.append(QueryExecutionId)


def asker(athena: Athena, event: dict[str, Any]) -> Query:
    return Query(AthenaSource(athena, event), event)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(query_function.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(query_function.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


def test_a_query_is_asked_once_with_its_values_apart_and_waited_for() -> None:
    athena = Athena("QUEUED", "RUNNING", "SUCCEEDED")
    assert asker(athena, ASK).run() == {"query": f"{ASK['token']}:1"}
    (asked,) = athena.asked
    assert asked["QueryString"] == f"UNLOAD ({ASK['select']}\n) TO '{ASK['place']}' WITH (format = 'JSON')"
    assert asked["ExecutionParameters"] == ["'it''s'", "'x'' OR ''1''=''1'", "0.5"]


def test_a_query_that_fails_is_told_by_athenas_own_reason_and_asked_no_second_time() -> None:
    athena = Athena("RUNNING", "FAILED")
    with pytest.raises(QueryFailed, match="TABLE_NOT_FOUND: t"):
        asker(athena, ASK).run()
    assert len(athena.asked) == 1


def test_a_run_that_goes_on_after_a_query_failed_asks_anew() -> None:
    athena = Athena("SUCCEEDED", ended=(":1", ":2"))
    assert asker(athena, ASK).run() == {"query": f"{ASK['token']}:3"}


def test_the_next_call_goes_on_and_the_last_one_stops_what_has_no_answer() -> None:
    athena = Athena("RUNNING")
    assert asker(athena, {**ASK, "last": False}).run() == {"query": f"{ASK['token']}:1"}
    with pytest.raises(QueryFailed, match="was stopped"):
        asker(athena, {**ASK, "query": "q-1"}).run()
    assert (len(athena.asked), athena.stopped) == (1, ["q-1"])


@pytest.mark.parametrize("place", ["s3://lake/curated/x' WITH (/ask/", "s3://lake", "/etc", "s3://lake/a b/"])
def test_a_place_that_would_become_sql_is_refused(place: str) -> None:
    athena = Athena("SUCCEEDED")
    with pytest.raises(QueryFailed, match="no place for an answer"):
        asker(athena, {**ASK, "place": place}).run()
    assert athena.asked == []


class DataApi:
    """One statement, which ends as the test says."""

    def __init__(self, status: str = "FINISHED", **told: Any) -> None:
        self.status, self.told = status, told
        self.asked: list[dict[str, Any]] = []

    def execute_statement(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return {"Id": "s-1"}

    def describe_statement(self, Id: str) -> dict[str, Any]:
        return {"Id": Id, "Status": self.status, "CreatedAt": datetime.now(UTC), **self.told}


WAREHOUSE = {
    **ASK,
    "source": "warehouse",
    "parts": json.dumps(["SELECT 'it''s' WHERE a = ", " AND b = ", ""]),
    "values": json.dumps(["x' OR '1'='1", 0.5]),
    "options": "IAM_ROLE 'arn' FORMAT AS JSON",
}


def test_a_warehouse_is_asked_with_values_that_stay_texts() -> None:
    data = DataApi()
    assert Query(Warehouse(data, WAREHOUSE), WAREHOUSE).run() == {"query": "s-1"}
    (asked,) = data.asked
    select = "SELECT 'it''s' WHERE a = 'x'' OR ''1''=''1' AND b = 0.5\n".replace("'", "''")
    assert asked["Sql"] == f"UNLOAD ('{select}') TO '{ASK['place']}' IAM_ROLE 'arn' FORMAT AS JSON"
    assert len(asked["ClientToken"]) == 64
    assert escaped("a\\'") == "a\\\\''"


def test_a_statement_that_fails_is_told_by_redshifts_own_reason() -> None:
    data = DataApi("FAILED", Error='ERROR: relation "t" does not exist')
    with pytest.raises(QueryFailed, match='relation "t" does not exist'):
        Query(Warehouse(data, WAREHOUSE), WAREHOUSE).run()
