from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from mlops_iac.cloud.athena.failure import QueryFailed
from mlops_iac.cloud.athena.results import read_csv, write_csv
from mlops_iac.cloud.athena.types import as_text, from_hive, literal, quoted


@pytest.mark.parametrize(
    ("hive", "ours"),
    [
        ("string", "VARCHAR"),
        ("varchar(20)", "VARCHAR"),
        ("decimal(10,2)", "DECIMAL(10,2)"),
        ("array<array<int>>", "INTEGER[][]"),
        ("map<string,struct<a:int,b:decimal(3,1)>>", 'MAP(VARCHAR, STRUCT("a" INTEGER, "b" DECIMAL(3,1)))'),
    ],
)
def test_a_type_of_the_catalogue_is_one_of_duckdbs(hive: str, ours: str) -> None:
    assert from_hive(hive) == ours


def test_names_and_texts_cannot_leave_their_quotes() -> None:
    assert quoted('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"


def test_a_type_that_is_none_is_refused() -> None:
    with pytest.raises(QueryFailed, match="`integre`"):
        from_hive("integre")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (True, "BOOLEAN", "true"),
        (1.0, "DOUBLE", "1.0"),
        (0.001, "DOUBLE", "0.001"),
        (1e-4, "DOUBLE", "1.0E-4"),
        (1e7, "DOUBLE", "1.0E7"),
        (123456789.5, "DOUBLE", "1.234567895E8"),
        (float("nan"), "DOUBLE", "NaN"),
        (float("-inf"), "DOUBLE", "-Infinity"),
        (0.10000000149011612, "FLOAT", "0.1"),
        (Decimal("1.50"), "DECIMAL(5,2)", "1.50"),
        (datetime.date(2026, 1, 2), "DATE", "2026-01-02"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, 678901), "TIMESTAMP", "2026-01-02 03:04:05.678"),
        (b"\x01\xff", "BLOB", "01 ff"),
        ([1, None], "INTEGER[]", "[1, null]"),
        ({"a": 1, "b": [True]}, "STRUCT", "{a=1, b=[true]}"),
        (None, "INTEGER", None),
    ],
)
def test_a_value_is_written_as_athena_writes_it(value: object, kind: str, text: str | None) -> None:
    assert as_text(value, kind) == text


def test_a_result_comes_back_as_it_was_written_and_null_is_no_empty_text(tmp_path) -> None:
    rows = [["a", None], ["", 'say "x",\nthen'], [None, None]]
    path = tmp_path / "r.csv"
    with path.open("w", newline="") as file:
        write_csv(file, ["one", "two"], rows)
    assert list(read_csv(path.read_text())) == [["one", "two"], *rows]
