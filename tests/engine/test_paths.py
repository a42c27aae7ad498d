from __future__ import annotations

import pytest

from mlops_iac.engine.values.paths import covers, keep_old, parse_path
from mlops_iac.engine.values.value import Secret


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("tags", ("tags",)),
        ("tags.owner", ("tags", "owner")),
        ("rules[0].ports[*]", ("rules", 0, "ports", "*")),
        ('tags["a.b"].c', ("tags", "a.b", "c")),
    ],
)
def test_a_path_is_split_into_its_parts(text: str, parts: tuple[str | int, ...]) -> None:
    assert parse_path(text) == parts


@pytest.mark.parametrize("text", ["", "a[", "a[x]"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_path(text)


def test_a_pattern_covers_what_lies_inside_and_around_it() -> None:
    assert covers(("tags",), ("tags", "owner"))
    assert covers(("tags", "owner"), ("tags",))
    assert covers(("rules", "*", "ports"), ("rules", 3, "ports"))
    assert not covers(("tags", "owner"), ("tags", "team"))


def test_the_old_value_is_kept_at_a_path() -> None:
    assert keep_old({"tags": {"a": 2, "b": 2}}, {"tags": {"a": 1}}, ("tags", "a")) == {"tags": {"a": 1, "b": 2}}


def test_what_was_not_there_stays_away() -> None:
    assert keep_old({"size": 3}, {}, ("size",)) == {}


def test_an_item_of_a_list_is_kept() -> None:
    assert keep_old({"x": [1, 2]}, {"x": [9, 8]}, ("x", 1)) == {"x": [1, 8]}
    assert keep_old({"x": [1, 2]}, {"x": [9, 8]}, ("x", "*")) == {"x": [9, 8]}


def test_a_secret_stays_one() -> None:
    assert keep_old({"x": Secret({"a": 2})}, {"x": Secret({"a": 1})}, ("x", "a")) == {"x": Secret({"a": 1})}
