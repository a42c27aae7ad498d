"""An error as text, and as JSON."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import MlopsError, Problem
from mlops_iac.render.style import Style

LONGEST_SOURCE = 100
"""Characters of a source line that are shown."""

_WORD_STYLES = {"error": ("red", "bold"), "warning": ("yellow", "bold")}


def render_error(error: MlopsError, *, color: bool) -> str:
    """Each problem in three parts; the word `error:` first, so that it is found in a log; a note is no error."""
    style = Style(color)
    return "\n\n".join(
        _render_problem(problem, problem.severity if error.word == "error" else error.word, style)
        for problem in error.problems
    )


def _render_problem(problem: Problem, word: str, style: Style) -> str:
    place = f"{problem.file}:{problem.line}" if problem.file and problem.line else problem.file
    head = "  ".join(part for part in (place, problem.path) if part)
    lines = [style.paint(f"{word}: ", *_WORD_STYLES.get(word, ("blue",))) + style.paint(problem.summary, "bold")]
    if head:
        lines.append("  " + style.paint(head, "blue"))
    lines += _source_lines(problem, style)
    lines += [f"  {line}" for line in problem.detail.splitlines()]
    if problem.hint:
        lines.append("  " + style.paint("hint: ", "yellow") + problem.hint)
    return "\n".join(lines)


def _source_lines(problem: Problem, style: Style) -> list[str]:
    """The line that is wrong, and carets under its key or its column. Left out when it is too long to be read."""
    key = "^" if problem.column else problem.path.rpartition(".")[2]
    start = problem.column - 1 if problem.column else len(problem.source) - len(key)
    if max(len(problem.source), start) > LONGEST_SOURCE:
        return []
    if not problem.column and (not problem.source or problem.source[start:] != key):
        return []
    bar = style.paint(f"{problem.line} | ", "dim")
    below = style.paint(" " * len(str(problem.line)) + " | ", "dim")
    rest = " …" if problem.column else ": …"
    return [f"  {bar}{problem.source}{rest}", f"  {below}{' ' * start}{style.paint('^' * len(key), 'yellow')}"]


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
    fields = {name: getattr(problem, name) for name in Problem.__dataclass_fields__ if name not in ("source", "column")}
    return {name: value for name, value in fields.items() if value and (name, value) != ("severity", "error")}
