"""The frame of the command line: exit codes, words for errors, JSON, no tracebacks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from mlops_iac.cli.commands import COMMANDS, GROUPS, load_command
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import MlopsError


def help_of(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run_command([*command, "--help"]) == exit_codes.OK
    return capsys.readouterr().out


def all_commands() -> list[list[str]]:
    found = []
    for name in COMMANDS:
        command = load_command(name)
        children = getattr(command, "commands", None)
        found += [[name, child] for child in children] if children else [[name]]
    return found


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(command, capsys):
    assert f"Example: mlops-iac {' '.join(command)}" in help_of(command, capsys)


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_has_json(command, capsys):
    assert "--json" in help_of(command, capsys)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_help_is_how_the_command_itself_begins(name, capsys):
    first_line = " ".join(help_of([name], capsys).split("\n\n")[1].split())
    assert first_line.startswith(COMMANDS[name][1].rstrip("."))


@pytest.mark.parametrize(
    "words", [["blueprint", "ls"], ["data", "list"], ["stack", "list"], ["state", "ls"]], ids=" ".join
)
def test_ls_and_list_are_the_same_in_every_group(words, capsys):
    group, word = words
    other = {"ls": "list", "list": "ls"}[word]
    assert help_of(words, capsys).partition("Options:")[2] == help_of([group, other], capsys).partition("Options:")[2]
    assert f"  {word} " not in help_of([group], capsys)


def test_an_unknown_command_suggests_the_nearest(capsys):
    assert run_command(["prevew"]) == exit_codes.CONFIGURATION
    assert "did you mean `mlops-iac preview`?" in capsys.readouterr().err


def test_an_unknown_option_is_misuse_with_a_hint(capsys):
    assert run_command(["preview", "x-dev", "--nope"]) == exit_codes.CONFIGURATION
    out, err = capsys.readouterr()
    assert out == ""
    assert "`mlops-iac preview --help`" in err


def test_with_json_an_error_is_one_object_on_stdout_and_nothing_on_stderr(capsys):
    assert run_command(["preview", "--json", "--nope"]) == exit_codes.CONFIGURATION
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["error"]["exitCode"] == exit_codes.CONFIGURATION


def test_a_bug_is_told_as_one_without_a_traceback(capsys, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("mlops_iac.cli.main.print_version", broken)
    monkeypatch.setattr("mlops_iac.cli.commands.load_command", broken)
    assert run_command(["preview", "x"]) == exit_codes.INTERNAL
    err = capsys.readouterr().err
    assert "This is a bug" in err
    assert "RuntimeError: unforeseen" in err
    assert "Traceback" not in err


def test_debug_shows_the_traceback(monkeypatch):
    def broken(*args, **kwargs):
        raise MlopsError("Wrong.")

    monkeypatch.setattr("mlops_iac.cli.commands.load_command", broken)
    with pytest.raises(MlopsError):
        run_command(["--debug", "preview", "x"])


def test_outside_a_project_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_command(["preview", "x-dev"]) == exit_codes.CONFIGURATION
    assert "Pulumi.yaml" in capsys.readouterr().err


def test_help_imports_nothing_heavy():
    heavy = {"pulumi", "pulumi_aws", "boto3", "botocore", "moto", "pydantic", "yaml", "rich", "jinja2"}
    code = (
        "import sys\nfrom mlops_iac.cli.main import run_command\nrun_command(['--help'])\n"
        f"print(sorted({heavy!r} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(shell, capsys):
    assert run_command(["completion", shell]) == exit_codes.OK
    assert "_MLOPS_IAC_COMPLETE" in capsys.readouterr().out


def test_a_completion_script_can_be_had_as_json(capsys):
    assert run_command(["completion", "fish", "--json"]) == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert (told["shell"], "_MLOPS_IAC_COMPLETE" in told["script"]) == ("fish", True)


def test_ctrl_c_inside_a_command_is_cancelled_and_says_so(monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mlops_iac.cli.stack.project_root", interrupt)
    monkeypatch.setattr("mlops_iac.cli.environments.project_root", interrupt)
    assert run_command(["outputs", "x-dev"]) == exit_codes.CANCELLED
    assert capsys.readouterr().err == "error: Cancelled.\n"


def test_a_group_without_a_command_shows_its_help(capsys):
    assert run_command(["data"]) == exit_codes.CONFIGURATION
    out, err = capsys.readouterr()
    assert (out, err.startswith("Usage: mlops-iac data")) == ("", True)


def test_help_groups_every_command_once():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(COMMANDS)


def test_help_shows_the_groups_in_order_and_completion_once(capsys):
    shown = help_of([], capsys)
    assert [line.rstrip(":") for line in shown.splitlines() if line.rstrip(":") in GROUPS] == list(GROUPS)
    assert [line.split()[0] for line in shown.splitlines() if "completion" in line.lower()] == ["completion"]
