"""The feature store: what groups are made with, and what the function does with rows, labels and records."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot

from mlops_iac.components.feature_store import FeatureStore, feature_skew, feature_sql
from tests.components.world import PROFILES, Neighbours, make_sample, run, site

VISITS: dict[str, Any] = {
    "group": "screening-dev-visits", "table": "visits", "identifier": "id", "time": "seen_at",
    "types": {"id": "String", "seen_at": "String", "visits": "Integral"}, "online": True, "ttl": None,
}  # fmt: skip
WEIGHT: dict[str, Any] = {
    "group": "screening-dev-weight", "table": "weight", "identifier": "id", "time": "at",
    "types": {"id": "String", "at": "Fractional", "kilos": "Fractional"}, "online": True, "ttl": 60,
}  # fmt: skip


@pytest.mark.parametrize("profile", PROFILES)
def test_a_group_is_encrypted_writes_to_the_lake_and_has_a_table_of_ours(profile: str) -> None:
    world = run(lambda: make_sample(FeatureStore, Neighbours.make(site(profile))))
    group = world.get("a-featurestore-group-patients")
    offline = group.inputs["offlineStoreConfig"]
    assert offline["s3StorageConfig"]["s3Uri"].endswith("/features/store")
    assert offline["disableGlueTableCreation"] is True
    assert group.inputs["onlineStoreConfig"]["ttlDuration"] == {"unit": "Days", "value": 30}
    assert ("securityConfig" in group.inputs["onlineStoreConfig"]) == (profile != "sandbox")
    assert group.protect == (profile == "regulated")
    columns = {
        one["name"]: one["type"]
        for one in world.get("a-featurestore-table-patients").inputs["storageDescriptor"]["columns"]
    }
    assert columns == {
        "id": "string", "seen_at": "string", "age": "bigint",
        "write_time": "timestamp", "api_invocation_time": "timestamp", "is_deleted": "boolean",
    }  # fmt: skip


# SQL ------------------------------------------------------------------------------------------------------------------


def ask(sql: str, *rows: str) -> list[tuple[Any, ...]]:
    """Athena's SQL, run by DuckDB over tables that statements make."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for one in rows:
            connection.execute(one)
        return connection.execute(sqlglot.transpile(sql, read="athena", write="duckdb")[0]).fetchall()


def visits(*rows: str) -> str:
    told = ", ".join(f"({row})" for row in rows)
    names = "id, seen_at, visits, api_invocation_time, write_time, is_deleted"
    return f"CREATE TABLE visits AS SELECT * FROM (VALUES {told}) AS t({names})"


def put(id: str, at: str, count: int, asked: str = "2024-01-01", deleted: bool = False) -> str:
    return f"'{id}', '{at}', {count}, TIMESTAMP '{asked}', TIMESTAMP '{asked}', {str(deleted).lower()}"


LABELS = "CREATE TABLE labels AS SELECT * FROM (VALUES {}) AS t(id, asked_at, ill)"
COLUMNS = {"id": "string", "asked_at": "string", "ill": "int"}


def joined(labels: str, *rows: str) -> list[tuple[Any, ...]]:
    return ask(
        feature_sql.join("labels", "asked_at", COLUMNS, {"visits": VISITS}), LABELS.format(labels), visits(*rows)
    )


def test_a_label_sees_the_newest_row_that_is_not_later_and_none_from_the_future() -> None:
    rows = (
        put("a", "2024-01-01T00:00:00Z", 1),
        put("a", "2024-02-01T00:00:00Z", 2),
        put("a", "2024-02-01T00:00:00.500Z", 3),
        put("a", "2024-03-01T00:00:00Z", 4),
        put("b", "2024-02-01T00:00:00Z", 9),
    )
    asked = ", ".join(
        f"('{id}', '{at}', 0)"
        for id, at in (
            ("a", "2023-12-31T23:59:59Z"), ("a", "2024-01-31T00:00:00Z"), ("a", "2024-02-01T00:00:00Z"),
            ("a", "2024-02-01T00:00:01Z"), ("a", "2030-01-01T00:00:00Z"), ("c", "2030-01-01T00:00:00Z"),
        )
    )  # fmt: skip
    assert [row[3] for row in joined(asked, *rows)] == [None, 1, 2, 3, 4, None]


def test_a_leak_would_be_seen() -> None:
    """The label of the day before must not know what was put for the day after, whatever the order of the rows."""
    rows = (put("a", "2024-03-02T00:00:00Z", 100), put("a", "2024-02-28T00:00:00Z", 1))
    assert joined("('a', '2024-03-01T00:00:00Z', 1)", *rows) == [("a", "2024-03-01T00:00:00Z", 1, 1)]


def test_of_two_rows_of_one_time_the_first_that_was_put_counts_as_online() -> None:
    rows = (
        put("a", "2024-01-01T00:00:00Z", 2, asked="2024-05-02"),
        put("a", "2024-01-01T00:00:00Z", 1, asked="2024-05-01"),
    )
    assert [row[3] for row in joined("('a', '2024-02-01T00:00:00Z', 0)", *rows)] == [1]


def test_what_was_deleted_is_not_known_until_it_is_put_again() -> None:
    rows = (
        put("a", "2024-01-01T00:00:00Z", 1),
        put("a", "2024-02-01T00:00:00Z", 7, deleted=True),
        put("a", "2024-03-01T00:00:00Z", 3),
    )
    asked = "('a', '2024-01-15T00:00:00Z', 0), ('a', '2024-02-15T00:00:00Z', 0), ('a', '2024-03-15T00:00:00Z', 0)"
    assert [row[3] for row in joined(asked, *rows)] == [1, None, 3]


def test_labels_that_are_there_twice_stay_twice_and_in_their_order() -> None:
    asked = "('a', '2024-02-01T00:00:00Z', 1), ('a', '2024-02-01T00:00:00Z', 1), ('a', '2024-01-01T00:00:00Z', 0)"
    rows = joined(asked, put("a", "2024-01-01T00:00:00Z", 5))
    assert [row[2:] for row in rows] == [(1, 5), (1, 5), (0, 5)]


def test_groups_with_times_of_other_kinds_are_joined_and_told_apart() -> None:
    groups = {"visits": VISITS, "last-year": {**WEIGHT, "types": {**WEIGHT["types"], "visits": "Integral"}}}
    columns = {"id": "string", "asked_at": "double"}
    sql = feature_sql.join("labels", "asked_at", columns, groups)
    made = [
        "CREATE TABLE labels AS SELECT 'a' AS id, 1706745600.0 AS asked_at",
        visits(put("a", "2024-02-01T00:00:00Z", 1), put("a", "2024-02-01T00:00:01Z", 2)),
        "CREATE TABLE weight AS SELECT 'a' AS id, 1706745600.0 AS at, 80.5 AS kilos, 4 AS visits, "
        "now() AS api_invocation_time, now() AS write_time, false AS is_deleted",
    ]
    assert [float(value) for value in ask(sql, *made)[0][2:]] == [1, 80.5, 4]
    names = feature_sql.output_names(columns, groups)
    assert [*names.values()] == ["visits_visits", "kilos", "last_year_visits"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": "string"}, "has no column asked_at"),
        ({"id": "string", "asked_at": "boolean"}, "of type boolean, which is no time"),
        ({"asked_at": "string"}, "has no column id, the record identifier of group visits"),
    ],
)
def test_a_table_of_labels_that_does_not_fit_is_told_in_words(columns: dict[str, str], said: str) -> None:
    with pytest.raises(feature_sql.WrongTable, match=said):
        feature_sql.join("labels", "asked_at", columns, {"visits": VISITS})


def test_the_newest_of_each_record_are_found_last_changed_first() -> None:
    rows = (
        put("a", "2024-01-01T00:00:00Z", 1),
        put("a", "2024-03-01T00:00:00Z", 2),
        put("b", "2024-02-01T00:00:00Z", 3),
        put("c", "2024-01-02T00:00:00Z", 4),
    )
    assert [row[:3] for row in ask(feature_sql.newest(VISITS, 2), visits(*rows))] == [
        ("a", "2024-03-01T00:00:00Z", 2), ("b", "2024-02-01T00:00:00Z", 3),
    ]  # fmt: skip


# Skew -----------------------------------------------------------------------------------------------------------------

NOW = datetime(2024, 6, 1, tzinfo=UTC)
ROW = {"id": "a", "seen_at": "2024-05-01T00:00:00Z", "visits": "3", "is_deleted": "false"}
ONLINE = {"id": "a", "seen_at": "2024-05-01T00:00:00.000Z", "visits": "3"}


@pytest.mark.parametrize(
    ("row", "online", "verdict"),
    [
        ({}, ONLINE, ("same", "")),
        ({}, None, ("missing", "")),
        ({}, {**ONLINE, "visits": "4"}, ("different", "visits")),
        ({}, {"id": "a", "seen_at": ONLINE["seen_at"]}, ("different", "visits")),
        ({"visits": ""}, {"id": "a", "seen_at": ONLINE["seen_at"]}, ("same", "")),
        ({}, {**ONLINE, "seen_at": "2024-04-01T00:00:00Z"}, ("stale", "")),
        ({}, {**ONLINE, "seen_at": "2024-05-02T00:00:00Z", "visits": "9"}, ("ahead", "")),
        ({"is_deleted": "true"}, None, ("same", "")),
        ({"is_deleted": "true"}, ONLINE, ("different", "")),
    ],
)
def test_each_record_is_what_it_is(row: dict[str, str], online: dict[str, str] | None, verdict: Any) -> None:
    assert feature_skew.verdict(VISITS, {**ROW, **row}, online, NOW) == verdict


def test_fractions_are_compared_as_numbers_and_what_is_past_its_time_is_no_skew() -> None:
    row = {"id": "a", "at": "1.7E9", "kilos": "80.50", "is_deleted": "false"}
    assert feature_skew.verdict(WEIGHT, row, {"id": "a", "at": "1700000000", "kilos": "80.5"}, NOW) == ("same", "")
    assert feature_skew.verdict(WEIGHT, row, None, NOW) == ("expired", "")


def test_the_share_is_of_what_was_compared() -> None:
    rows = [{**ROW, "id": id} for id in "abcd"]
    online = {"a": {**ONLINE, "id": "a"}, "b": {**ONLINE, "id": "b", "visits": "0"}, "c": {**ONLINE, "id": "c"}}
    found = feature_skew.report(VISITS, rows, online, NOW)
    assert found["shown"] == [{"record": "b", "is": "different", "feature": "visits"}, {"record": "d", "is": "missing"}]
    metrics = feature_skew.metrics([found])
    assert metrics == {"skew": 0.5, "compared": 4, "missing": 1, "stale": 0, "different": 1, "ahead": 0}
    assert feature_skew.metrics([])["skew"] == 0


# The function ---------------------------------------------------------------------------------------------------------


class Refused(Exception):
    pass


class Boto3:
    """S3 with some files, and a feature store that takes what is given and refuses `bad`."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files, self.put, self.written = files, [], {}
        self.exceptions = type("exceptions", (), {"ClientError": Refused})

    def client(self, service: str) -> Boto3:
        return self

    def get_paginator(self, name: str) -> Boto3:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        yield {"Contents": [{"Key": key} for key in self.files if key.startswith(Prefix)]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.files[Key].encode())}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.written[Key] = json.loads(Body)

    def put_record(self, FeatureGroupName: str, Record: list[dict[str, str]]) -> None:
        values = {one["FeatureName"]: one["ValueAsString"] for one in Record}
        if values.get("id") == "bad":
            raise Refused("Validation Error: no")
        self.put.append((FeatureGroupName, values))


def load_function(monkeypatch: pytest.MonkeyPatch, boto3: Boto3) -> Any:
    path = Path(str(feature_sql.__file__)).with_name("feature_function.py")
    spec = importlib.util.spec_from_file_location("feature_function", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "boto3", boto3)  # type: ignore[arg-type]
    return module


def ingest(monkeypatch: pytest.MonkeyPatch, files: dict[str, str], seconds: float = 60) -> Boto3:
    boto3 = Boto3(files)
    function = load_function(monkeypatch, boto3)
    settings = {"groups": [], "bucket": "lake", "place": "models/{run}/ingest/"}
    event = {"call": "ingest", "run": "r1", "settings": json.dumps(settings), "from": "s3://lake/features/r1/rows"}
    function.Call({"visits": VISITS, "weight": WEIGHT}, event, time.monotonic() + seconds).ingest()
    return boto3


HEAD = "id,seen_at,visits\n"


def test_rows_are_put_into_the_group_that_the_file_is_called_after(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "features/r1/rows/visits.csv": f"\ufeff{HEAD}a,2024-01-01T00:00:00Z,3\nb,2024-01-01T00:00:00Z,\n",
        "features/r1/rows/weight/part-1.csv": "id,at,kilos\na,1,80\n",
        "features/r1/rows/weight/notes.txt": "no rows",
        "features/r2/rows/visits.csv": "of another run",
    }
    done = ingest(monkeypatch, files)
    assert sorted(done.put, key=str) == [
        ("screening-dev-visits", {"id": "a", "seen_at": "2024-01-01T00:00:00Z", "visits": "3"}),
        ("screening-dev-visits", {"id": "b", "seen_at": "2024-01-01T00:00:00Z"}),
        ("screening-dev-weight", {"id": "a", "at": "1", "kilos": "80"}),
    ]
    assert done.written["models/r1/ingest/evaluation.json"] == {
        "metrics": {"rows": 3}, "groups": {"visits": 2, "weight": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "visits.csv",
            f"{HEAD}a,2024-01-01T00:00:00Z,3\nbad,2024-01-01T00:00:00Z,3\n",
            "visits.csv:3: Validation Error",
        ),
        ("visits.csv", f"{HEAD}a,2024-01-01T00:00:00Z\n", "visits.csv:2: it has not as many fields as the header"),
        ("visits.csv", "id,height\na,3\n", "group visits has no feature 'height'; it has: id, seen_at, visits"),
        ("visit.csv", HEAD, "called after no group; there are: visits, weight"),
        ("visits.csv", HEAD, "There are no rows"),
        ("visits.txt", HEAD, "There are no rows"),
    ],
)
def test_rows_that_cannot_be_put_are_told_by_their_lines(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, said: str
) -> None:
    with pytest.raises(Exception, match=said) as refused:
        ingest(monkeypatch, {f"features/r1/rows/{name}": text})
    assert type(refused.value).__name__ == "CannotDo"


def test_a_call_gives_up_before_its_time_is_over_and_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["id", "seen_at", "visits"], ["a", "2024-01-01T00:00:00Z", "1"]])
    with pytest.raises(Exception, match="0 rows were put when the time of one call was over"):
        ingest(monkeypatch, {"features/r1/rows/visits.csv": text.getvalue()}, seconds=-1)
