"""A number of thousands of digits, which Python's readers fail on, is a mistake of its writer wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes

Capture = pytest.CaptureFixture[str]
LONG = "9" * 5_000


@pytest.mark.parametrize(
    "line",
    [
        f"  mlops-iac:team: {LONG}",
        f"  mlops-iac:options: {{gate: {{at_least: {LONG}}}}}",
        f'  mlops-iac:options: \'{{"gate": {{"at_least": {LONG}}}}}\'',
        f"  mine:anything: {LONG}",
        f"  mine:anything: [{LONG}]",
    ],
    ids=range(5),
)
def test_in_a_stack_file(line: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(project)
    file = project / "stacks/Pulumi.screening-dev.yaml"
    key = line.split(": ", 1)[0]
    file.write_text("\n".join([*(one for one in file.read_text().splitlines() if not one.startswith(key)), line, ""]))
    assert run_command(["preview", "screening-dev", "--json"]) == exit_codes.CONFIGURATION
    (problem, *_) = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert problem["file"] == "stacks/Pulumi.screening-dev.yaml"
    assert problem["line"]
    assert len(problem["detail"]) < 500


def test_in_the_projects_file(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(project)
    with (project / "Pulumi.yaml").open("a") as file:
        file.write(f"\nconfig:\n  mine:anything: {LONG}\n")
    assert run_command(["preview", "screening-dev"]) == exit_codes.CONFIGURATION
    assert "Pulumi.yaml:" in capsys.readouterr().err


def test_in_an_option_of_a_command(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert run_command(["preview", "screening-dev", "--parallel", LONG]) == exit_codes.CONFIGURATION


def test_in_a_state(recorded_stack: Path, capsys: Capture) -> None:
    recorded_stack.write_text(recorded_stack.read_text().replace('"version": 3', f'"version": {LONG}', 1))
    assert run_command(["state", "list", "screening-dev"]) == exit_codes.ERROR
    assert "5,000 digits" in capsys.readouterr().err
