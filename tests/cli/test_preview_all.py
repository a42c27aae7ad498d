"""``preview --all``: one table, the errors of each, and the worst exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.everything import Previewed, preview_stacks, worst_code
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import ConfigError, MlopsError
from mlops_iac.engine.event import Result
from mlops_iac.render.pulumi_json import result_json
from tests.cli.conftest import Install


@pytest.fixture
def stacks(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one good stack and one that is broken."""
    monkeypatch.chdir(project)
    (project / "stacks/Pulumi.broken-dev.yaml").write_text("config:\n  mlops-iac:team: broken\n")
    return project


def test_a_broken_stack_file_does_not_hide_the_others(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["preview", "--all"]) == exit_codes.CONFIGURATION
    out, err = capsys.readouterr()
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines()}
    assert rows["screening-dev"] == ["70", "7.80"]
    assert rows["broken-dev"][0] == "error:"
    assert "stacks/Pulumi.broken-dev.yaml:1" in err


def test_json_has_a_result_or_an_error_for_each(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["preview", "--all", "--json"]) == exit_codes.CONFIGURATION
    out, err = capsys.readouterr()
    body = json.loads(out)["stacks"]
    assert err == ""
    assert list(body) == ["broken-dev", "screening-dev"]
    assert body["broken-dev"]["error"]["kind"] == "ConfigError"
    assert body["screening-dev"]["changeSummary"] == {"create": 70}
    assert body["screening-dev"]["cost"]["before"] is None
    assert body["screening-dev"]["cost"]["after"]["usual"] == pytest.approx(7.80, abs=0.01)


def test_nothing_is_left_behind_and_the_cloud_is_not_started(stacks: Path) -> None:
    run_command(["preview", "--all"])
    assert not (stacks / ".mlops-iac/cloud").exists()


def test_many_stacks_are_shared_among_processes_and_come_in_order(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1})
    example = project / "stacks/Pulumi.screening-dev.yaml"
    names = [f"team{number}-dev" for number in range(6)]
    for name in names:
        text = example.read_text().replace("team: screening", f"team: {name.removesuffix('-dev')}")
        (project / f"stacks/Pulumi.{name}.yaml").write_text(text)
    (project / "stacks/Pulumi.team3-dev.yaml").write_text("- no stack file")
    previews = list(preview_stacks(project, names, body_of))
    assert [preview.stack for preview in previews] == names
    assert [preview.changes.get("create") for preview in previews] == [70, 70, 70, None, 70, 70]
    assert previews[3].exit_code == exit_codes.CONFIGURATION


def body_of(stack: str, result: Result) -> dict[str, Any]:
    return result_json(result)


def test_a_project_without_stacks_says_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    for path in (project / "stacks").iterdir():
        path.unlink()
    assert run_command(["preview", "--all"]) == exit_codes.OK
    assert "mlops-iac new" in capsys.readouterr().err


def test_changes_are_an_exit_code_only_when_none_were_expected(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project)
    assert run_command(["preview", "--all", "--expect-no-changes", "--format", "markdown"]) == exit_codes.CHANGES
    assert "| `screening-dev` | 70 |" in capsys.readouterr().out


def test_the_worst_code_is_that_of_an_error() -> None:
    good = Previewed(stack="a", seconds=0.0)
    wrong = Previewed(stack="b", seconds=0.0, error=ConfigError("Wrong."))
    failed = Previewed(stack="c", seconds=0.0, error=MlopsError("Wrong."))
    assert worst_code([]) == exit_codes.OK
    assert worst_code([good, failed, wrong]) == exit_codes.CONFIGURATION


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["a-dev", "--all"], ["--all", "--target", "x"], ["--all", "--state", "x.json"], ["--all", "--cloud", "aws"],
        ["a-dev", "--changed-since", "main"], ["--all", "--json", "--comment", "-"],
        ["--all", "--format", "markdown", "--comment", "-"], ["a-dev", "--state", "x.json", "--refresh"],
        ["a-dev", "--state", "x.json", "--save-plan", "p.json"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_makes_no_sense_together_is_misuse(arguments: list[str], recording: Install) -> None:
    backend = recording()
    assert run_command(["preview", *arguments]) == exit_codes.CONFIGURATION
    assert backend.asked == []
