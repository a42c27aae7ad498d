from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.environment import Pipeline
from mlops_iac.core.errors import UsageError
from mlops_iac.runs.parameters import merge_parameters, parse_settings, read_parameters
from tests.support.small_environment import make_environment

PIPELINE: Pipeline = make_environment().pipelines["training"]


def test_a_run_overrides_some_and_keeps_the_rest() -> None:
    merged = merge_parameters(PIPELINE, {"hyperparameters": {"columns": "a", "deep": True, "n": 3}})
    hyperparameters = {"C": "1.0", "columns": "a", "deep": "true", "n": "3"}
    assert merged == {"data": "raw/", "hyperparameters": hyperparameters, "gate_at_least": 0.97}


def test_the_defaults_are_not_changed() -> None:
    merge_parameters(PIPELINE, {"hyperparameters": {"C": "2"}})
    assert PIPELINE.parameters["hyperparameters"].default == {"C": "1.0"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"gate_at_lest": 0.9}, ["no parameter `gate_at_lest`", "did you mean `gate_at_least`"]),
        ({"gate_at_least": "high"}, ["must be a finite number", "'high'"]),
        ({"gate_at_least": True}, ["must be a finite number"]),
        ({"gate_at_least": float("nan")}, ["must be a finite number"]),
        ({"data": "raw"}, ["ends in a slash"]),
        ({"data": "../x/"}, ["key prefix"]),
        ({"hyperparameters": "C=1"}, ["must be a map"]),
        ({"hyperparameters": {"C": [1]}}, ["hyperparameters.C", "text or a number"]),
        ({"hyperparameters": {"sagemaker_program": "x.py"}}, ["are taken"]),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_was_given(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        merge_parameters(PIPELINE, given)
    for word in words:
        assert word in str(caught.value)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        merge_parameters(PIPELINE, {"x": 1, "data": 3})
    assert len(caught.value.problems) == 2


def test_settings_take_the_type_of_the_default() -> None:
    settings = ["gate_at_least=0.5", "hyperparameters.C=2", "hyperparameters.note=a=b", "data=raw/2026/"]
    expected = {"gate_at_least": 0.5, "hyperparameters": {"C": "2", "note": "a=b"}, "data": "raw/2026/"}
    assert parse_settings(settings, PIPELINE) == expected


@pytest.mark.parametrize("setting", ["gate_at_least", "=3", ""])
def test_a_setting_without_key_or_value_is_refused(setting: str) -> None:
    with pytest.raises(UsageError, match="not understood"):
        parse_settings([setting], PIPELINE)


@pytest.mark.parametrize("number", ["9" * 5_000, "9" * 400, "1e999", "nan", "-inf"])
def test_a_number_that_no_reader_can_hold_is_refused_and_not_repeated(number: str) -> None:
    with pytest.raises(UsageError, match="Wrong parameter") as caught:
        merge_parameters(PIPELINE, parse_settings([f"gate_at_least={number}"], PIPELINE))
    assert "finite number" in caught.value.detail
    assert len(caught.value.detail) < 250


def test_a_file_is_read_as_plain_yaml(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("hyperparameters:\n  C: 0.1\n")
    assert read_parameters(tmp_path / "p.yaml") == {"hyperparameters": {"C": 0.1}}
    (tmp_path / "p.yaml").write_text("# nothing\n")
    assert read_parameters(tmp_path / "p.yaml") == {}


@pytest.mark.parametrize(
    "content",
    [
        b"- a\n- b\n",
        b"a: [\n",
        b"\xff\xfe\x00",
        b"!!python/object/apply:os.system ['id']\n",
        b"a: 1\nb: 2\na: 3\n",
        b"a: &x [1]\nb: *x\n",
        b"a: " + b"[" * 9000 + b"]" * 9000,
        b"a: " + b"9" * 5000,
        b"a: .nan\n",
        b"? [a]\n: 1\n",
    ],
)
def test_a_file_that_is_no_map_of_parameters_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.yaml").write_bytes(content)
    with pytest.raises(UsageError):
        read_parameters(tmp_path / "p.yaml")


def test_what_a_file_says_wrongly_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("# weak\ngate_at_least: high\n\nx: 1\n")
    with pytest.raises(UsageError) as caught:
        merge_parameters(PIPELINE, read_parameters(tmp_path / "p.yaml"))
    file = str(tmp_path / "p.yaml")
    assert [(one.file, one.line, one.path) for one in caught.value.problems] == [
        (file, 2, "gate_at_least"),
        (file, 4, "x"),
    ]


def test_a_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_parameters(tmp_path / "absent.yaml")
    (tmp_path / "p.yaml").write_text("a: b\n" * 100_000)
    with pytest.raises(UsageError, match="too large"):
        read_parameters(tmp_path / "p.yaml")
