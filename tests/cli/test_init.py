"""`mlops-iac init`: says what it wrote and what to type next."""

from __future__ import annotations

import json

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.program import load
from mlops_iac.scaffold.example import list_examples


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_empty_folder_becomes_a_project(capsys):
    assert run_command(["init"]) == exit_codes.OK
    assert capsys.readouterr().out.splitlines() == [
        "Wrote .gitignore", "Wrote __main__.py", "Wrote Pulumi.yaml", "", "Next:", "  mlops-iac new",
    ]  # fmt: skip


def test_with_an_example_what_comes_next_is_its_stack(capsys):
    assert run_command(["init", "demo", "--example", "screening", "--json"]) == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert told["next"] == ["cd demo", "mlops-iac preview screening-dev", "mlops-iac up screening-dev"]
    assert "examples/screening/train.py" in told["files"]


def test_a_file_in_the_way_is_named_with_what_to_do(here, capsys):
    (here / "__main__.py").write_text("")
    assert run_command(["init"]) == exit_codes.CONFIGURATION
    err = capsys.readouterr().err
    assert "__main__.py" in err
    assert "hint: move them away" in err


def test_its_examples_are_completed():
    from mlops_iac.cli.init import complete_examples

    assert complete_examples("scr") == ["screening"]


@pytest.mark.parametrize("example", list_examples())
def test_an_example_brings_all_that_its_program_reads(here, example, capsys):
    """Its team's code too, where that is another example's."""
    assert run_command(["init", "--example", example, "--json"]) == exit_codes.OK
    stack = json.loads(capsys.readouterr().out)["next"][-1].split()[-1]
    loaded = load(here, stack)
    assert (here / loaded.config.code).is_dir()
