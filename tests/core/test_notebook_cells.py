"""What the tagged cells of a notebook say, and which files are no notebooks that a job can execute."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.core.notebook_cells import Assigned, Unreadable, assignments, read, tagged, value_of
from tests.support.notebooks import notebook


def test_a_tagged_cell_says_its_variables_with_their_values_and_comments() -> None:
    code = (
        "# all of them\ndepth = 3  # how deep\nfast: bool = False\nname = 'a # b'\nnow = datetime.now()\nx, y = 1, 2\n"
    )
    found = assignments(notebook({"": "import os", "parameters": code}), "parameters")
    assert found == {
        "depth": Assigned(3, True, "how deep"),
        "fast": Assigned(False, True),
        "name": Assigned("a # b", True),
        "now": Assigned(None, False),
    }


def test_source_may_be_one_text_and_tags_may_be_missing() -> None:
    made = notebook({"inputs": "data = 'raw'"})
    made["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# inputs"})
    made["cells"].insert(0, {"cell_type": "code", "metadata": {"tags": None}, "source": "x = 1"})
    made["cells"][-1]["source"] = "data = 'raw'"
    assert tagged(made, "inputs") == 2
    assert assignments(made, "inputs") == {"data": Assigned("raw", True)}
    assert assignments(made, "outputs") == {}


NO_NOTEBOOKS: dict[str, tuple[Any, str]] = {
    "no JSON": ("cells:", "it is no JSON"),
    "another document": ([], "it has no `nbformat`"),
    "too old a format": ({"nbformat": 3, "worksheets": []}, "it is of format 3, and format 4 is read"),
    "no cells": ({"nbformat": 4, "cells": {}}, "its `cells` are no list"),
    "another language": (notebook({}, language="R", kernel="ir"), "its kernel `ir` is for r;"),
}


@pytest.mark.parametrize("what", NO_NOTEBOOKS)
def test_what_is_no_notebook_for_a_job_is_refused_with_the_reason(what: str) -> None:
    text, said = NO_NOTEBOOKS[what]
    with pytest.raises(Unreadable) as refused:
        read(text if isinstance(text, str) else json.dumps(text))
    assert said in str(refused.value)


def test_a_kernel_of_another_name_for_python_is_the_jobs_own() -> None:
    assert read(json.dumps(notebook({"": "1"}, kernel="my-venv")))["nbformat"] == 4


def test_a_tagged_cell_that_is_no_python_is_refused() -> None:
    with pytest.raises(Unreadable, match="its cell tagged `parameters` is no Python"):
        assignments(notebook({"parameters": "%time depth = 3"}), "parameters")


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("7", 3, 7),
        ("7.0", 3, 7),
        ("0.5", 3, 0.5),
        ("1e-3", 1.0, 0.001),
        ("true", False, True),
        ("3", "x", "3"),
        ("[1]", [], [1]),
    ],
)
def test_text_becomes_what_the_cells_own_value_is(text: str, default: Any, value: Any) -> None:
    assert value_of(text, default) == value
    assert type(value_of(text, default)) is type(value)


@pytest.mark.parametrize(("text", "default"), [("x", 3), ("yes", True), ("{}", []), ("[", [])])
def test_text_that_is_no_such_value_is_refused(text: str, default: Any) -> None:
    with pytest.raises(ValueError):
        value_of(text, default)
