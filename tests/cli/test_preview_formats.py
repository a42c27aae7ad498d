"""``preview``: what loses data comes first, in words, in JSON and in Markdown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.backends.exported import Comparison
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.facts import loses
from mlops_iac.engine.event import Op, PropertyDiff, Result, Step
from tests.cli.conftest import Install

Capture = pytest.CaptureFixture[str]


def step(op: Op, type: str, name: str, **diff: PropertyDiff) -> Step:
    return Step(op=op, urn=f"urn:pulumi:a-dev::mlops-iac::{type}::{name}", type=type, name=name, diff=diff)


NAME = PropertyDiff(kind="update-replace", old="old", new="new")
STEPS = (
    step(Op.UPDATE, "aws:iam/role:Role", "role", description=PropertyDiff(kind="add", new="a | b")),
    step(Op.CREATE_REPLACEMENT, "aws:s3/bucket:Bucket", "bucket"),
    step(Op.REPLACE, "aws:s3/bucket:Bucket", "bucket", bucket=NAME),
    step(Op.DELETE_REPLACED, "aws:s3/bucket:Bucket", "bucket"),
    step(Op.DELETE, "aws:kms/key:Key", "key"),
    step(Op.DELETE, "aws:iam/role:Role", "gone"),
)
RESULT = Result(steps=STEPS, changes={"update": 1, "replace": 1, "delete": 2}, outputs={}, seconds=0.1)


def test_what_loses_data_is_called_out_before_the_changes(recording: Install, capsys: Capture) -> None:
    recording(preview=RESULT)
    assert run_command(["preview", "a-dev"]) == exit_codes.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "  replaces bucket (aws:s3/bucket:Bucket): the objects in it and their versions would be lost"
    assert lines[1].startswith("  deletes key (aws:kms/key:Key)")
    assert lines[2] == ""


def test_json_lists_what_would_be_lost(recording: Install, capsys: Capture) -> None:
    recording(preview=RESULT)
    assert run_command(["preview", "a-dev", "--json"]) == exit_codes.OK
    body = json.loads(capsys.readouterr().out)
    assert [(lost["op"], lost["loses"]) for lost in body["losses"]] == [
        ("replace", loses("aws:s3/bucket:Bucket")),
        ("delete", loses("aws:kms/key:Key")),
    ]


def test_markdown_is_the_comment(recording: Install, capsys: Capture) -> None:
    recording(preview=RESULT)
    assert run_command(["preview", "a-dev", "--format", "markdown"]) == exit_codes.OK
    out = capsys.readouterr().out
    assert run_command(["preview", "a-dev", "--comment", "-"]) == exit_codes.OK
    assert capsys.readouterr().out == out
    assert out.index("> [!CAUTION]") < out.index("| environment |") < out.index("**By layer**")


def test_a_comment_in_a_file_leaves_stdout_to_people(recording: Install, capsys: Capture) -> None:
    recording(preview=RESULT)
    assert run_command(["preview", "a-dev", "--comment", "comment.md"]) == exit_codes.OK
    assert "1 to update, 1 to replace" in capsys.readouterr().out
    assert Path("comment.md").read_text().startswith("<!-- mlops-iac preview of a-dev -->\n\n### `a-dev`: ")
    assert not Path("comment.md.whole.md").exists()


def test_what_is_cut_off_a_comment_lies_beside_it(recording: Install, capsys: Capture) -> None:
    diff = {f"p{number}": PropertyDiff(kind="add", new="x" * 60) for number in range(300)}
    steps = (*STEPS, step(Op.UPDATE, "aws:iam/role:Role", "wide", **diff))
    recording(preview=Result(steps=steps, changes={"update": 1}, outputs={}, seconds=0.1))
    words = ["preview", "a-dev", "--comment", "comment.md", "--comment-limit", "4000", "--comment-link", "https://ci/1"]
    assert run_command(words) == exit_codes.OK
    short, whole = Path("comment.md").read_text(), Path("comment.md.whole.md").read_text()
    assert len(short) <= 4000 < len(whole)
    assert "The rest: https://ci/1" in short
    assert "[!CAUTION]" in short
    assert "longer than 4,000 characters; the whole is in comment.md.whole.md" in capsys.readouterr().err
    recording(preview=RESULT)
    assert run_command(words) == exit_codes.OK  # a push later it fits
    assert not Path("comment.md.whole.md").exists()


def test_preview_with_an_export_reads_the_file_and_says_what_was_not_compared(
    recording: Install, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    backend = recording()
    asked: list[tuple[str, str, str]] = []

    def compare(root: Path, stack: str, text: str, *, place: str, on_event: object, options: object) -> Comparison:
        asked.append((stack, text, place))
        return Comparison(result=RESULT, hidden=2)

    monkeypatch.setattr("mlops_iac.backends.exported.compare", compare)
    Path("export.json").write_text("{}")
    assert run_command(["preview", "a-dev", "--state", "export.json"]) == exit_codes.OK
    assert "2 secret values are in export.json as ciphertext: not compared" in capsys.readouterr().err
    assert asked == [("a-dev", "{}", "export.json")]
    assert backend.asked == []
    assert run_command(["preview", "a-dev", "--state", "export.json", "--json"]) == exit_codes.OK
    assert "not compared" in json.loads(capsys.readouterr().out)["notes"][0]


def test_an_export_that_is_not_there_is_misuse(recording: Install, capsys: Capture) -> None:
    recording()
    assert run_command(["preview", "a-dev", "--state", "no.json"]) == exit_codes.CONFIGURATION
    assert "no.json" in capsys.readouterr().err
