"""Completion in the shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac import __version__
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes

CLI = [sys.executable, "-m", "mlops_iac.cli.main"]
SHELLS = ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", SHELLS)
def test_show_completion_is_what_the_command_prints(shell, capsys):
    assert run_command(["--show-completion", shell]) == exit_codes.OK
    shown = capsys.readouterr().out
    assert run_command(["completion", shell]) == exit_codes.OK
    assert capsys.readouterr().out == shown
    assert "_MLOPS_IAC_COMPLETE" in shown


@pytest.mark.parametrize("arguments", [["--install-completion", "{}"], ["completion", "{}", "--install"]], ids=" ".join)
@pytest.mark.parametrize(
    ("shell", "files"),
    [
        ("bash", {".bashrc", ".bash_completions/mlops-iac.sh"}),
        ("zsh", {".zshrc", ".zfunc/_mlops-iac"}),
        ("fish", {".config/fish/completions/mlops-iac.fish"}),
    ],
)
def test_install_completion_writes_where_the_shell_looks_and_keeps_what_is_there(
    shell, files, arguments, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (".bashrc", ".zshrc"):
        (tmp_path / name).write_text("alias ll='ls -l'\n")
    assert run_command([part.format(shell) for part in arguments]) == exit_codes.OK
    assert "Open a new shell" in capsys.readouterr().err
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files <= written
    assert all("alias ll" in (tmp_path / name).read_text() for name in (".bashrc", ".zshrc"))


def test_a_home_that_cannot_be_written_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".config").write_text("a file")
    assert run_command(["--install-completion", "fish"]) == exit_codes.ERROR
    assert "Completion could not be installed." in capsys.readouterr().err


def test_an_unknown_shell_is_refused_with_those_there_are(capsys):
    assert run_command(["--show-completion", "tcsh"]) == exit_codes.CONFIGURATION
    assert "one of bash, zsh, fish" in capsys.readouterr().err


def complete(folder: Path, *words: str) -> list[str]:
    """What bash would be offered for the last word."""
    asked = {"_MLOPS_IAC_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(CLI, cwd=folder, env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("command", ["up", "preview", "destroy", "graph", "outputs", "run", "runs", "predict"])
def test_names_of_environments_are_completed(command, project):
    assert complete(project, "mlops-iac", command, "scr") == ["screening-dev"]


def test_commands_and_options_are_completed(project):
    assert {"preview", "predict"} <= set(complete(project, "mlops-iac", "pre"))
    assert complete(project, "mlops-iac", "up", "--ev") == ["--event-log"]


def test_completion_outside_a_project_is_quiet(tmp_path):
    assert complete(tmp_path, "mlops-iac", "up", "scr") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash on this machine")
def test_a_real_bash_completes(project, tmp_path):
    program = tmp_path / "mlops-iac"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m mlops_iac.cli.main "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(mlops-iac --show-completion bash)"; COMP_WORDS=(mlops-iac up scr); COMP_CWORD=2; '
        '_mlops_iac_completion mlops-iac; echo "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=project,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "screening-dev\n"


def test_version_is_the_packages(capsys):
    assert run_command(["--version"]) == exit_codes.OK
    assert capsys.readouterr().out == f"mlops-iac {__version__}\n"
