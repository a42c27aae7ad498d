"""JSON is read strictly and within bounds, and written so that any reader takes it."""

from __future__ import annotations

import contextlib
import json
import math
import os
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_iac.core.strict_json import DEEPEST, NotStrictJson, finite, read_json, read_json_file, write_json

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def refuse(constant: str) -> None:
    raise AssertionError(constant)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("NaN", "NaN"),
        ("[-Infinity]", "-Infinity"),
        ('{"a": 1e999}', "1e999"),
        ("9" * 5_000, "5,000 digits"),
        ("1" + "0" * 309, "310 digits, larger than a number can be"),
        ("[-2" + "0" * 308 + "]", "309 digits, larger than a number can be"),
        ("-" + "9" * 5_000, "5,000 digits"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 200 + "]" * 200, "nested too deep"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested too deep"),
        (b"\xff", "byte 0 is not UTF-8"),
        ("{", "line 1"),
        ("", "line 1"),
        ('{"a": ["\\ud800"]}', "surrogate"),
        ('{"\\uDFFF": 1}', "surrogate"),
        ('"\udc80"', "surrogate"),
    ],
    ids=range(16),
)
def test_what_no_reader_can_be_asked_to_take_is_refused(text: str | bytes, told: str) -> None:
    with pytest.raises(NotStrictJson, match=told):
        read_json(text)


@given(st.text() | st.binary())
def test_nothing_but_a_refusal_comes_of_any_text(text: str | bytes) -> None:
    with contextlib.suppress(NotStrictJson):
        read_json(text)


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert read_json('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


def test_a_file_is_read_when_it_is_one_and_not_too_large(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text('{"a": 1}')
    assert read_json_file(tmp_path / "good.json", most=8) == {"a": 1}
    with pytest.raises(NotStrictJson, match="more than 7 bytes"):
        read_json_file(tmp_path / "good.json", most=7)
    with pytest.raises(FileNotFoundError):
        read_json_file(tmp_path / "absent.json")


def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(NotStrictJson, match="not a file"):
        read_json_file(tmp_path / "pipe.json")


@given(ANYTHING)
def test_what_is_written_is_strict_and_comes_back(value: object) -> None:
    read = json.loads(write_json(value), parse_constant=refuse)
    assert write_json(read) == write_json(value)


def test_numbers_that_json_cannot_hold_are_null() -> None:
    assert write_json([math.nan, math.inf, 10**5000, 1, MappingProxyType({"a": (-math.inf,)})]) == (
        '[null, null, null, 1, {"a": [null]}]'
    )


def test_a_tree_that_is_too_deep_is_cut() -> None:
    lists: list[object] = []
    maps: dict[str, object] = {}
    for _ in range(100_000):
        lists, maps = [lists], {"a": maps}
    assert write_json(lists).count("[") == DEEPEST
    assert write_json(maps).count("{") == DEEPEST


@pytest.mark.parametrize("value", [math.nan, -math.inf, 10**400, True, "1", None, [1]])
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert finite(value) is None
