"""An error as text, and as JSON."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import MlopsError, Problem
from mlops_iac.render.style import Style


def render_error(error: MlopsError, *, color: bool) -> str:
    """Each problem in three parts; the word `error:` first, so that it is found in a log; a note is no error."""
    style = Style(color)
    word = style.paint(f"{error.word}: ", *(("red", "bold") if error.word == "error" else ("blue",)))
    return "\n\n".join(_render_problem(problem, word, style) for problem in error.problems)


def _render_problem(problem: Problem, word: str, style: Style) -> str:
    place = f"{problem.file}:{problem.line}" if problem.file and problem.line else problem.file
    head = "  ".join(part for part in (place, problem.path) if part)
    lines = [word + style.paint(problem.summary, "bold")]
    if head:
        lines.append("  " + style.paint(head, "blue"))
    lines += [f"  {line}" for line in problem.detail.splitlines()]
    if problem.hint:
        lines.append("  " + style.paint("hint: ", "yellow") + problem.hint)
    return "\n".join(lines)


def error_json(error: MlopsError) -> dict[str, Any]:
    """What ``--json`` prints instead of a result."""
    return {
        "error": {
            "kind": type(error).__name__,
            "exitCode": error.exit_code,
            "problems": [_problem_json(problem) for problem in error.problems],
        }
    }


def _problem_json(problem: Problem) -> dict[str, Any]:
    fields = {name: getattr(problem, name) for name in Problem.__dataclass_fields__}
    return {name: value for name, value in fields.items() if value}
