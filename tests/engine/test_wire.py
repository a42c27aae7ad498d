from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.values.value import UNKNOWN, Archive, Asset, Reference, Secret
from mlops_iac.engine.values.wire import DEEPEST, NotAValue, read_struct, write_struct


def there_and_back(value: Any) -> Any:
    struct = Struct()
    write_struct({"value": value}, struct)
    return read_struct(Struct.FromString(struct.SerializeToString()))["value"]


@pytest.mark.parametrize(
    "value",
    [
        "text",
        "",
        0,
        3,
        2.5,
        True,
        False,
        [],
        {},
        [1, [2], {"a": "b"}],
        {"a": {"b": [True, UNKNOWN]}},
        UNKNOWN,
        Secret("hunter2"),
        Secret({"a": UNKNOWN}),
        Reference("urn:pulumi:dev::lab::fake:index:Thing::a", "a-1"),
        Reference("urn:pulumi:dev::lab::fake:index:Thing::a", UNKNOWN),
    ],
    ids=repr,
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert there_and_back(value) == value
    assert type(there_and_back(value)) is type(value)


def test_a_null_in_an_object_is_a_key_that_is_not_set() -> None:
    assert there_and_back({"a": None, "b": 1}) == {"b": 1}


def test_a_large_number_stays_a_double() -> None:
    assert there_and_back(1e300) == 1e300


def test_assets_are_the_same_when_their_contents_are(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("hello")
    (tmp_path / "two").write_text("hello")
    hashes = {there_and_back(Asset(path=str(tmp_path / name))).hash for name in ("one", "two")}
    assert len(hashes) == 1
    assert there_and_back(Asset(text="hello")).hash in hashes


def test_an_archive_changes_with_a_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    before = there_and_back(Archive(path=str(tmp_path))).hash
    (tmp_path / "file").write_text("two")
    assert before
    assert there_and_back(Archive(path=str(tmp_path))).hash != before


def test_a_file_that_is_not_there_is_no_reason_to_stop() -> None:
    assert there_and_back(Asset(path="/does/not/exist")).hash == ""


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_has_not_is_refused_with_its_place(number: float) -> None:
    with pytest.raises(NotAValue, match=r"A property cannot be kept") as caught:
        there_and_back({"a": [{"b": number}]})
    assert "`value.a.b` is" in caught.value.detail


def test_a_value_that_could_not_be_read_again_is_refused() -> None:
    """Whatever is taken can be saved, and what is saved can be read: a checkpoint has levels of its own around it."""
    value: Any = "deep"
    for _ in range(DEEPEST - 1):
        value = {"a": value}
    struct = Struct()
    write_struct({"value": value}, struct)
    assert read_struct(struct) == {"value": value}
    read_json(json.dumps({"checkpoint": {"latest": {"resources": [{"inputs": {"value": [value]}}]}}}))
    write_struct({"value": [value]}, struct)
    with pytest.raises(NotAValue, match=r"A property cannot be kept") as caught:
        read_struct(struct)
    assert f"nested deeper than {DEEPEST} levels" in caught.value.detail


@pytest.mark.parametrize("kind", [Asset, Archive])
def test_a_file_that_a_program_names_is_hashed_as_it_is_now(kind: Any, tmp_path: Path) -> None:
    """So that a change of its content is a change of the resource."""
    file = tmp_path / "handler.py"
    seen = []
    for content in ("1", "2", "2"):
        file.write_text(content)
        seen.append(there_and_back(kind(path=str(file if kind is Asset else tmp_path))).hash)
    assert all(seen)
    assert seen[0] != seen[1] == seen[2]
