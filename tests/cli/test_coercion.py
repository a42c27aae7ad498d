"""What is typed is read as Typer reads it, and plain values without pydantic."""

from __future__ import annotations

import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from mlops_iac.cli import coercion
from mlops_iac.cli.coercion import read_plainly


class Shell(StrEnum):
    BASH = "bash"
    FISH = "fish"


def command(
    name: Annotated[str, typer.Argument()],
    rest: Annotated[list[str] | None, typer.Argument()] = None,
    limit: Annotated[int, typer.Option(min=1, max=9)] = 5,
    file: Annotated[Path | None, typer.Option()] = None,
    there: Annotated[Path | None, typer.Option(exists=True)] = None,
    shell: Annotated[Shell, typer.Option()] = Shell.BASH,
    sets: Annotated[list[str] | None, typer.Option("--set")] = None,
    numbers: Annotated[list[int] | None, typer.Option("--number")] = None,
    yes: Annotated[bool, typer.Option(envvar="TEST_YES")] = False,
    share: Annotated[float, typer.Option()] = 0.5,
) -> None:
    print([repr(value) for value in (name, rest, limit, file, there, shell, sets, numbers, yes, share)])


LINES = [
    ["x"],
    ["x", "y", "z"],
    ["x", "--limit", "7", "--file", "a/b", "--shell", "fish", "--set", "a=1", "--set", "b=2", "--yes"],
    ["x", "--limit", "0"],
    ["x", "--limit", "many"],
    ["x", "--limit", "\u0667"],
    ["x", "--number", "1", "--number", "2"],
    ["x", "--number", "1", "--number", "two"],
    ["x", "--shell", "tcsh"],
    ["x", "--there", "/nowhere"],
    ["x", "--there", "/"],
    ["x", "--share", "0.25"],
    ["x", "--share", "much"],
    [],
]


@pytest.mark.parametrize("line", LINES, ids=" ".join)
@pytest.mark.parametrize("environment", [{}, {"TEST_YES": "1"}, {"TEST_YES": "perhaps"}], ids=str)
def test_every_line_is_read_as_typer_reads_it(line, environment, monkeypatch):
    app = typer.Typer()
    app.command()(command)
    original = getattr(typer.core.build_runtime_param, "original", typer.core.build_runtime_param)
    monkeypatch.setattr(typer.core, "build_runtime_param", original)
    expected = CliRunner().invoke(app, line, env=environment)
    read_plainly()
    found = CliRunner().invoke(app, line, env=environment)
    assert (found.exit_code, found.output) == (expected.exit_code, expected.output)


def test_typers_function_is_still_there_and_is_called(monkeypatch):
    """A canary: when it goes, commands still work, and cost what they cost with pydantic."""
    seen = []
    monkeypatch.setattr(coercion, "read", lambda value, *_: seen.append(value) or value)
    read_plainly()
    app = typer.Typer()
    app.command()(command)
    CliRunner().invoke(app, ["x"])
    assert "x" in seen


@pytest.mark.parametrize("line", ["cloud status", "state list x-dev", "data ls x-dev"])
def test_a_command_that_needs_no_pydantic_does_not_import_it(line, tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("name: mlops-iac\n")
    run = f"run_command({line.split()!r})"
    code = f"import sys\nfrom mlops_iac.cli.main import run_command\n{run}\nprint('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
