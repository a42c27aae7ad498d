from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.core.record_filter import NoSuchPart, parse_filter

RECORD = {"id": 7, "features": [1, 2, 3], "more": {"label": "a"}}
ROW = ["id", "1", "2", "0.5"]


@pytest.mark.parametrize(
    ("text", "record", "picked"),
    [
        ("$", RECORD, RECORD),
        ("$.features", RECORD, [1, 2, 3]),
        ("$.more.label", RECORD, "a"),
        ("$['id']", RECORD, 7),
        ("$['id','features']", RECORD, {"id": 7, "features": [1, 2, 3]}),
        ("$.features[0]", RECORD, 1),
        ("$.more.*", RECORD, ["a"]),
        ("$[*]", ROW, ROW),
        ("$[1:]", ROW, ["1", "2", "0.5"]),
        ("$[1:-1]", ROW, ["1", "2"]),
        ("$[0,-1]", ROW, ["id", "0.5"]),
    ],
)
def test_it_picks(text: str, record: Any, picked: Any) -> None:
    assert parse_filter(text)(record) == picked


@pytest.mark.parametrize("text", ["", "id", "$..id", "$[?(@.a)]", "$[0,1:]", "$.a b", "$['a", "$[" + "9" * 12 + "]"])
def test_what_sagemaker_does_not_take_is_refused_with_what_it_takes(text: str) -> None:
    with pytest.raises(ValueError, match="can be used"):
        parse_filter(text)


@pytest.mark.parametrize(("text", "record"), [("$.label", RECORD), ("$[9]", ROW), ("$.id", ROW), ("$.id.more", RECORD)])
def test_a_record_without_the_part_is_told(text: str, record: Any) -> None:
    with pytest.raises(NoSuchPart, match="does not have"):
        parse_filter(text)(record)
