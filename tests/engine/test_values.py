"""Property values: what is secret stays secret, wherever it comes back."""

from __future__ import annotations

from mlops_iac.engine.values.value import Secret, conceal_copies

INPUTS = {"tags": {"word": Secret("hunter2"), "team": "a"}, "nested": Secret({"list": ["deep", 1]})}


def test_a_secret_that_comes_back_under_another_name_is_marked_there_too():
    outputs = {"tags": {"word": Secret("hunter2")}, "tagsAll": {"word": "hunter2", "team": "a"}, "name": "log"}
    assert conceal_copies(outputs, INPUTS) == {
        "tags": {"word": Secret("hunter2")},
        "tagsAll": {"word": Secret("hunter2"), "team": "a"},
        "name": "log",
    }


def test_what_is_inside_a_secret_object_is_as_secret_as_the_object():
    assert conceal_copies({"items": ["deep", "shallow"]}, INPUTS) == {"items": [Secret("deep"), "shallow"]}


def test_numbers_and_empty_texts_hide_nothing():
    outputs = {"count": 1, "empty": "", "enabled": True}
    assert conceal_copies(outputs, {"a": Secret(""), "b": Secret(1), "c": Secret(True)}) == outputs


def test_without_secrets_the_same_object_comes_back():
    outputs = {"name": "log"}
    assert conceal_copies(outputs, {"name": "log"}) is outputs
