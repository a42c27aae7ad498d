"""`config:` of Pulumi.yaml, through the commands: a stack of a blueprint has it as Pulumi would give it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes

Capture = pytest.CaptureFixture[str]
Write = Callable[..., None]


@pytest.fixture
def write(project: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Settings of the project; keys that the stack's own file is to say no longer."""
    monkeypatch.chdir(project)

    def write(settings: str, *, without: str = "") -> None:
        with (project / "Pulumi.yaml").open("a") as file:
            file.write(f"\nconfig:\n{settings}")
        stack = project / "stacks/Pulumi.screening-dev.yaml"
        lines = stack.read_text().splitlines()
        stack.write_text(
            "\n".join(line for line in lines if not without or not line.startswith(f"  {without}:")) + "\n"
        )

    return write


def preview(capsys: Capture) -> dict[str, object]:
    assert run_command(["preview", "screening-dev", "--json"]) == exit_codes.OK
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize("written", ["us-east-1", "{value: us-east-1}"])
def test_a_region_of_the_project_is_the_region_of_its_stacks(written: str, write: Write, capsys: Capture) -> None:
    write(f"  aws:region: {written}\n", without="aws:region")
    assert '"us-east-1a"' in json.dumps(preview(capsys))


def test_a_default_with_a_type_reaches_the_resources(write: Write, capsys: Capture) -> None:
    write("  tags:\n    type: object\n    default: {cost-centre: research}\n", without="mlops-iac:tags")
    assert '"cost-centre": "research"' in json.dumps(preview(capsys))


def test_a_stacks_own_value_wins(write: Write, capsys: Capture) -> None:
    write("  aws:region: us-east-1\n")
    shown = json.dumps(preview(capsys))
    assert '"us-east-1a"' not in shown
    assert '"eu-west-1a"' in shown


def test_a_value_of_another_type_is_refused_at_its_line(write: Write, capsys: Capture) -> None:
    write("  team: {type: integer}\n")
    assert run_command(["preview", "screening-dev", "--json"]) == exit_codes.CONFIGURATION
    problems = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert [(one["file"], one["summary"]) for one in problems] == [
        ("stacks/Pulumi.screening-dev.yaml", "This is not of the declared type.")
    ]


def test_what_every_stack_must_say_is_asked_for(write: Write, capsys: Capture) -> None:
    write("  cost-centre: {type: string}\n")
    assert run_command(["preview", "screening-dev"]) == exit_codes.CONFIGURATION
    assert "add `mlops-iac:cost-centre`" in capsys.readouterr().err
