"""`mlops-iac new`: asks on a terminal, says what is missing elsewhere, and ends with what to type next."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys

import pytest

from mlops_iac.blueprints import get_options_model
from mlops_iac.cli.main import run_command
from mlops_iac.config import load_stack
from mlops_iac.core import exit_codes

FULL = ["new", "--team", "screening", "--env", "dev", "--blueprint", "tabular-batch"]


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "Pulumi.yaml").write_text("name: mlops-iac\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def terminal(monkeypatch):
    """A person at a terminal who will type these lines."""

    def terminal(*lines):
        monkeypatch.setattr("mlops_iac.cli.console.is_interactive", lambda: True)
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    return terminal


def load(root, stack="screening-dev"):
    return load_stack(root, stack, options_model=get_options_model)


def test_the_readmes_command_needs_no_more_when_the_team_has_an_example(root, capsys):
    (root / "examples" / "screening").mkdir(parents=True)
    assert run_command(FULL) == exit_codes.OK
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "Wrote stacks/Pulumi.screening-dev.yaml",
        "",
        "Next:",
        "  mlops-iac preview screening-dev",
        "  mlops-iac up screening-dev",
    ]
    assert err == ""
    stack = load(root)
    assert (stack.code, stack.region, stack.security) == ("examples/screening", "eu-west-1", "standard")
    assert (root / ".mlops-iac" / "stack.schema.json").is_file()


def test_it_asks_nothing_when_nothing_is_missing_even_on_a_terminal(root, terminal, capsys):
    (root / "examples" / "screening").mkdir(parents=True)
    terminal()
    assert run_command(FULL) == exit_codes.OK


def test_without_a_terminal_all_missing_options_are_listed(root, capsys):
    assert run_command(["new", "--env", "dev"]) == exit_codes.CONFIGURATION
    out, err = capsys.readouterr()
    assert out == ""
    assert "Not given, and without a default here: --team, --blueprint, --code." in err
    assert not (root / "stacks").exists()


def test_with_json_it_never_asks(root, terminal, capsys):
    terminal("screening")
    assert run_command(["new", "--json"]) == exit_codes.CONFIGURATION
    assert json.loads(capsys.readouterr().out)["error"]["problems"][0]["summary"] == "Options are missing."


def test_json_is_one_object_and_nothing_else(root, capsys):
    assert run_command([*FULL, "--code", "team/code/", "--json"]) == exit_codes.OK
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "stack": "screening-dev",
        "file": "stacks/Pulumi.screening-dev.yaml",
        "next": ["mlops-iac preview screening-dev", "mlops-iac up screening-dev"],
    }
    assert err == ""
    assert load(root).code == "team/code"


def test_all_options_are_written(root):
    options = ["--region", "us-east-1", "--security", "regulated", "--owner", "ml@example.org", "--code", "code"]
    assert run_command([*FULL, *options]) == exit_codes.OK
    stack = load(root)
    assert (stack.region, stack.security, stack.owner, stack.code) == (
        "us-east-1",
        "regulated",
        "ml@example.org",
        "code",
    )


def test_every_wrong_option_is_told_at_once(root, capsys):
    wrong = [
        "new",
        "--team",
        "Scr",
        "--env",
        "D",
        "--blueprint",
        "tabular-bach",
        "--code",
        "../x",
        "--region",
        "eu-wset-1",
    ]
    assert run_command([*wrong, "--json"]) == exit_codes.CONFIGURATION
    problems = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert [problem["path"] for problem in problems] == ["--blueprint", "--code", "--env", "--region", "--team"]
    assert problems[0]["hint"] == "did you mean `tabular-batch`?"
    assert problems[3]["hint"] == "did you mean `eu-west-1`?"


def test_a_second_time_it_names_the_file_and_leaves_it(root, capsys):
    (root / "examples" / "screening").mkdir(parents=True)
    run_command(FULL)
    before = (root / "stacks" / "Pulumi.screening-dev.yaml").read_bytes()
    capsys.readouterr()
    assert run_command(FULL) == exit_codes.CONFIGURATION
    assert "stacks/Pulumi.screening-dev.yaml exists and was not touched." in capsys.readouterr().err
    assert (root / "stacks" / "Pulumi.screening-dev.yaml").read_bytes() == before


def test_a_missing_code_folder_is_noted(root, capsys):
    assert run_command([*FULL, "--code", "later"]) == exit_codes.OK
    assert "later does not exist yet; put the team's scripts there first" in capsys.readouterr().err


def test_an_absolute_code_folder_inside_the_project_becomes_relative(root):
    assert run_command([*FULL, "--code", str(root / "a" / "b")]) == exit_codes.OK
    assert load(root).code == "a/b"


def test_it_works_from_a_folder_inside_the_project(root, monkeypatch):
    (root / "examples" / "screening").mkdir(parents=True)
    monkeypatch.chdir(root / "examples")
    assert run_command(FULL) == exit_codes.OK
    assert load(root).team == "screening"


def test_a_hostile_team_name_never_reaches_the_disk(root, capsys):
    assert run_command(["new", "--team", "../..", "--env", "dev", "--blueprint", "tabular-batch"]) == 2
    assert "--code" in capsys.readouterr().err
    assert os.listdir(root) == ["Pulumi.yaml"]


def test_on_a_terminal_it_asks_and_offers_defaults(root, terminal, capsys):
    terminal("churn", "", "", "", "", "", "", "")
    assert run_command(["new"]) == exit_codes.OK
    err = capsys.readouterr().err
    assert "Region [eu-west-1]" in err or "Region" in err
    stack = load(root, "churn-dev")
    assert (stack.code, stack.security, stack.region) == ("teams/churn", "standard", "eu-west-1")


def test_an_answer_that_is_not_allowed_is_told_and_asked_again(root, terminal, capsys):
    terminal(
        "Churn!",
        "churn",
        "dev",
        "tabular-bach",
        "tabular-batch",
        "eu-wset-1",
        "eu-west-2",
        "../x",
        "code",
        "hard",
        "sandbox",
        "nobody",
        "ml@example.org",
        "perhaps",
        "no",
    )
    assert run_command(["new"]) == exit_codes.OK
    err = capsys.readouterr().err
    for words in (
        "2 to 16 characters",
        "did you mean `tabular-batch`?",
        "did you mean `eu-west-1`?",
        "below the project's root",
        "one e-mail address",
        "Answer yes or no.",
    ):
        assert words in err
    stack = load(root, "churn-dev")
    assert (stack.region, stack.code, stack.security) == ("eu-west-2", "code", "sandbox")
    assert stack.owner == "ml@example.org"
    assert not (root / "code").exists()


def test_only_what_is_missing_is_asked(root, terminal):
    terminal("code", "", "no")
    assert run_command([*FULL, "--region", "eu-west-3", "--security", "sandbox"]) == exit_codes.OK
    assert load(root).code == "code"


def test_a_wrong_option_is_told_before_anything_is_asked(root, terminal, capsys):
    terminal()
    assert run_command(["new", "--region", "eu-wset-1"]) == exit_codes.CONFIGURATION
    err = capsys.readouterr().err
    assert "did you mean `eu-west-1`?" in err
    assert "Team:" not in err


def test_when_the_person_leaves_nothing_is_written(root, terminal, capsys):
    terminal("churn")
    assert run_command(["new"]) == exit_codes.CANCELLED
    assert not (root / "stacks").exists()


def test_a_real_terminal_is_asked_and_answers_are_taken(root):
    controller, terminal = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    command = [sys.executable, "-m", "mlops_iac.cli.main", "new", "--env", "dev", "--blueprint", "tabular-batch"]
    with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, env=environment) as process:
        os.close(terminal)
        os.write(controller, b"churn\n\n\n\nml@example.org\nyes\n")
        try:
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()  # one that still asks would keep this test waiting
    shown = os.read(controller, 65536).decode()
    os.close(controller)
    assert process.returncode == 0, shown
    assert re.search(r"Team:.*Region \[eu-west-1\]:", shown, re.DOTALL)
    assert out.decode().startswith("Wrote stacks/Pulumi.churn-dev.yaml")
    assert (load(root, "churn-dev").code, load(root, "churn-dev").owner) == ("teams/churn", "ml@example.org")


def test_a_scaffold_is_a_team_whose_preview_works(root, capsys):
    assert run_command([*FULL, "--code", "teams/screening", "--scaffold", "--json"]) == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert {"teams/screening/train.py", "teams/screening/README.md", "teams/screening/data/sample.csv"} <= set(
        told["scripts"]
    )
    readme = (root / "teams/screening/README.md").read_text()
    assert "mlops-iac run screening-dev training --follow" in readme
    (root / "Pulumi.yaml").write_text("name: mlops-iac\nruntime: python\n")
    assert run_command(["preview", "screening-dev"]) == exit_codes.OK


def test_a_scaffold_is_offered_where_the_code_folder_is_not_there(root, terminal):
    terminal("churn", "", "", "", "", "", "", "")
    assert run_command(["new"]) == exit_codes.OK
    assert (root / "teams/churn/train.py").is_file()


def test_a_scaffold_never_touches_a_folder_that_is_in_use(root, capsys):
    (root / "code").mkdir()
    (root / "code/mine.py").write_text("mine")
    assert run_command([*FULL, "--code", "code", "--scaffold"]) == exit_codes.CONFIGURATION
    assert "The code folder is in use." in capsys.readouterr().err
    assert [path.name for path in (root / "code").iterdir()] == ["mine.py"]
    assert not (root / "stacks").exists()
