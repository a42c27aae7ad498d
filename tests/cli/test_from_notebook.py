"""``mlops-iac pipeline from-notebook``: the file it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project
from tests.support.notebooks import notebook

CODE = "examples/screening"
PARAMETERS = """depth = 3  # how deep the tree is
title = "Cells"
strict = False
columns = ["a", "b"]
today = date.today()
"""
CELLS = {
    "parameters": PARAMETERS,
    "inputs": "cells = 'data'  # what was measured",
    "outputs": "tables = 'out'\nevaluation = 'out'",
    "": "print(depth)",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_project(tmp_path / "project")
    (made / CODE / "requirements.txt").unlink()
    monkeypatch.chdir(made)
    return made


def save(root: Path, found: Any, name: str = "Look Closer.ipynb") -> str:
    file = root / CODE / name
    file.write_text(found if isinstance(found, str) else json.dumps(found, indent=1))
    return f"{CODE}/{name}"


def make(*words: str, code: int = exit_codes.OK) -> None:
    assert run_command(["pipeline", "from-notebook", *words]) == code


def test_a_notebook_becomes_a_pipeline_that_the_project_takes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = save(root, notebook(CELLS), "look.ipynb")
    make(place, "--input", "cells=raw/cells/", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["pipeline"] == "look"
    assert told["files"] == [f"{CODE}/pipelines/look.yaml", f"{CODE}/requirements.txt"]
    assert [note.split("`")[1] for note in told["notes"]] == ["columns", "today"]
    assert told["next"] == ["mlops-iac up screening-dev", "mlops-iac run screening-dev look --follow"]
    written = yaml.safe_load((root / CODE / "pipelines/look.yaml").read_text())
    assert written == {
        "parameters": {
            "cells": {"type": "prefix", "default": "raw/cells/", "description": "what was measured"},
            "depth": {"type": "number", "default": 3, "description": "how deep the tree is"},
            "title": {"type": "string", "default": "Cells"},
            "strict": {"type": "string", "default": "false", "allowed": ["true", "false"]},
        },
        "steps": {
            "look": {
                "kind": "notebook",
                "notebook": "look.ipynb",
                "inputs": {"cells": "parameters.cells"},
                "arguments": {name: f"parameters.{name}" for name in ("depth", "title", "strict")},
                "outputs": {
                    "tables": {"zone": "curated", "folder": "tables"},
                    "evaluation": {"zone": "models", "folder": "evaluation"},
                },
            }
        },
    }
    assert (root / CODE / "requirements.txt").read_text() == "papermill\nipykernel\n"
    assert run_command(["pipeline", "check", "screening-dev", "look"]) == exit_codes.OK


def test_requirements_that_name_what_it_takes_stay_as_they_are(root: Path) -> None:
    (root / CODE / "requirements.txt").write_text("Papermill>=2.6 # for the notebooks\nipykernel==7.4.0")
    make(save(root, notebook({"": "1"}), "look.ipynb"))
    assert (root / CODE / "requirements.txt").read_text().endswith("ipykernel==7.4.0")


def test_without_tagged_cells_it_says_that_a_run_can_be_told_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(save(root, notebook({"": "print(1)"}), "look.ipynb"))
    assert "Note: No cell has the tag `parameters`" in capsys.readouterr().err
    text = (root / CODE / "pipelines/look.yaml").read_text()
    assert yaml.safe_load(text) == {"steps": {"look": {"kind": "notebook", "notebook": "look.ipynb"}}}


def test_a_pipeline_that_is_there_is_replaced_only_when_asked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = save(root, notebook(CELLS), "look.ipynb")
    make(place)
    (root / CODE / "pipelines/look.yaml").write_text("mine\n")
    make(place, code=exit_codes.CONFIGURATION)
    assert "The pipeline is already there." in capsys.readouterr().err
    assert (root / CODE / "pipelines/look.yaml").read_text() == "mine\n"
    make(place, "--replace")
    assert "kind: notebook" in (root / CODE / "pipelines/look.yaml").read_text()


TOKEN = "ghp_" + "a1" * 18
REFUSED: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "no JSON": ("{", (), "it is no JSON"),
    "too old a format": ({"nbformat": 3, "worksheets": []}, (), "it is of format 3"),
    "another kernel": (notebook({"": "1"}, language="julia", kernel="julia-1.11"), (), "its kernel `julia-1.11`"),
    "a secret in an output": (
        notebook({"": "1"}) | {"metadata": {"shown": TOKEN}}, (), "This looks like a token of GitHub."
    ),
    "an input that it has not": (notebook(CELLS), ("--input", "cell=raw/"), "did you mean `cells`?"),
    "a place that is no prefix": (notebook(CELLS), ("--input", "cells=raw"), "must be a key prefix"),
    "an input without a place": (notebook(CELLS), ("--input", "cells"), "It is written NAME=PREFIX."),
    "a name that is too long": (notebook(CELLS), ("--name", "a" * 17), "16 at most"),
    "one variable twice": (
        notebook({"parameters": "cells = 1", "inputs": "cells = 'x'"}), (), "`cells` stands for two things"
    ),
    "a cell that is no Python": (notebook({"parameters": "!ls"}), (), "its cell tagged `parameters` is no Python"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_become_a_pipeline_is_refused_and_nothing_is_written(
    root: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    found, words, said = REFUSED[what]
    make(save(root, found), *words, code=exit_codes.CONFIGURATION)
    told = capsys.readouterr()
    assert told.out == ""
    assert said in " ".join(told.err.split())
    assert TOKEN not in told.err
    assert not [*(root / CODE).rglob("look-closer.yaml")]
    assert not (root / CODE / "requirements.txt").exists()


def test_a_notebook_outside_of_every_code_folder_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "look.ipynb").write_text(json.dumps(notebook({})))
    make("look.ipynb", code=exit_codes.CONFIGURATION)
    assert "lies in no team's code folder. There are: `examples/screening`." in capsys.readouterr().err


def test_a_notebook_that_is_not_there_suggests_the_nearest(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(root, notebook({}))
    make(f"{CODE}/Look closer.ipynb", code=exit_codes.CONFIGURATION)
    assert "did you mean `Look Closer.ipynb`?" in capsys.readouterr().err


WRONG = {
    "an argument that it has not": ("arguments: {deph: 3}", "does not assign `deph`: it assigns depth, title"),
    "a value of another type": ("arguments: {depth: deep}", "`depth` of `look.ipynb`"),
    "a folder that it has not": ("outputs: {pages: {zone: curated}}", "tagged `outputs` does not assign `pages`"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_preview_holds_a_step_to_its_notebook_at_the_line(
    root: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    line, said = WRONG[what]
    save(root, notebook(CELLS), "look.ipynb")
    (root / CODE / "requirements.txt").write_text("papermill\nipykernel\n")
    (root / CODE / "pipelines").mkdir()
    text = f"steps:\n  look:\n    kind: notebook\n    notebook: look.ipynb\n    {line}\n"
    (root / CODE / "pipelines/look.yaml").write_text(text)
    assert run_command(["pipeline", "check", "screening-dev"]) == exit_codes.CONFIGURATION
    told = capsys.readouterr().err
    assert f"{CODE}/pipelines/look.yaml:5" in told
    assert said in " ".join(told.split())


def test_a_preview_asks_for_the_packages_and_for_the_notebook(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / CODE / "pipelines").mkdir()
    (root / CODE / "pipelines/look.yaml").write_text("steps: {look: {kind: notebook, notebook: lock.ipynb}}\n")
    save(root, notebook(CELLS), "look.ipynb")
    assert run_command(["pipeline", "check", "screening-dev"]) == exit_codes.CONFIGURATION
    assert "Did you mean `look.ipynb`?" in capsys.readouterr().err
    (root / CODE / "pipelines/look.yaml").write_text("steps: {look: {kind: notebook, notebook: look.ipynb}}\n")
    assert run_command(["pipeline", "check", "screening-dev"]) == exit_codes.CONFIGURATION
    assert "requirements.txt must name `papermill` and `ipykernel`" in " ".join(capsys.readouterr().err.split())
