"""Exceptions as errors: the program's are told apart from ours."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import PlanError
from mlops_iac.core.exceptions import explain
from mlops_iac.render.errors import render_error
from mlops_iac.render.graph import render_dot


def caught(function: Callable[..., Any], *arguments: Any) -> Exception:
    with pytest.raises(Exception) as raised:
        function(*arguments)
    return raised.value


def program_of(tmp_path: Path, text: str) -> Callable[[], Any]:
    path = tmp_path / "__main__.py"
    path.write_text(text)
    names: dict[str, Any] = {}
    exec(compile(text, str(path), "exec"), names)
    return names["build"]


def test_the_programs_exception_is_told_with_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = explain(caught(program_of(tmp_path, "def build():\n    import os\n    return os.environ['NOT_SET']\n")))
    text = render_error(error, color=False)
    assert text.splitlines()[:3] == [
        "error: The program raised an exception.",
        "  __main__.py:3",
        "  KeyError: 'NOT_SET'",
    ]
    assert "return os.environ['NOT_SET']" in text
    assert error.exit_code == 1


def test_what_a_library_raises_is_told_at_the_programs_line(tmp_path):
    error = explain(caught(program_of(tmp_path, "import json\ndef build():\n    json.loads('{')\n")))
    (problem,) = error.problems
    assert problem.line == 3
    assert problem.file.endswith("__main__.py")


def test_an_exception_inside_ours_alone_is_a_bug():
    error = caught(render_dot, [object()])
    error.__traceback__ = error.__traceback__.tb_next  # without this test's own frame
    explained = explain(error)
    assert explained.summary == "This is a bug in mlops-iac."
    assert "AttributeError" in explained.detail
    assert os.sep not in explained.detail.split("in ")[-1]


def test_an_error_that_speaks_for_itself_is_left_alone():
    error = PlanError("A cycle.")
    assert explain(error) is error
