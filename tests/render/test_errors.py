"""An error as text: the line under it with carets, never more of it than its key; and a warning as one."""

from __future__ import annotations

import pytest

from mlops_iac.config.document import parse_document
from mlops_iac.core.errors import ConfigError, Problem
from mlops_iac.render.errors import LONGEST_SOURCE, error_json, render_error

TEXT = 'team: churn\noptions:\n  gate: {metric: auc, at_leest: "hunter2"}\n  passwrd: hunter2\n  "quoted": 1\n'


def problem(*path: str) -> Problem:
    document = parse_document(TEXT, "stacks/x.yaml")
    line, source = document.line(path), document.source(path)
    return Problem(file=document.file, line=line, path=".".join(path), summary="Wrong.", source=source)


def test_the_key_has_carets_below_and_its_value_is_not_shown() -> None:
    assert render_error(ConfigError.of([problem("options", "gate", "at_leest")]), color=False).splitlines() == [
        "error: Wrong.",
        "  stacks/x.yaml:3  options.gate.at_leest",
        "  3 |   gate: {metric: auc, at_leest: …",
        "    |                       ^^^^^^^^",
    ]
    assert "hunter2" not in render_error(ConfigError.of([problem("options", "passwrd")]), color=True)


@pytest.mark.parametrize("path", [(), ("options", "quoted"), ("nothing",), ("options", "gate", "nothing")])
def test_a_key_that_is_not_on_its_line_has_no_line_below(path: tuple[str, ...]) -> None:
    assert problem(*path).source == ""


def test_a_warning_is_told_as_one() -> None:
    error = ConfigError.of([Problem(summary="This word will go.", severity="warning"), Problem(summary="Wrong.")])
    assert [line for line in render_error(error, color=False).splitlines() if line] == [
        "warning: This word will go.",
        "error: Wrong.",
    ]
    assert [problem.get("severity") for problem in error_json(error)["error"]["problems"]] == ["warning", None]


def test_json_does_not_repeat_the_line() -> None:
    (told,) = error_json(ConfigError.of([problem("options", "passwrd")]))["error"]["problems"]
    assert told == {"file": "stacks/x.yaml", "line": 4, "path": "options.passwrd", "summary": "Wrong."}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a: 1\n b: 2\n", ["  2 |  b: …", "    |   ^"]),
        ('a:\n  - {token: "hunter2", b\n', ["  3 |  …", "    | ^"]),
        ("a: 1\n\tb: hunter2\n", ["  2 |  …", "    | ^"]),
        ("password: hunter2: x\n", ["  1 | password: …", "    |                  ^"]),
        ("a: *hunter\n", ["  1 | a: …", "    |    ^"]),
        ("a: !!python/name:os.system x\n", ["  1 | a: …", "    |    ^"]),
        ("a: 1\n---\nb: 2\n", ["  2 |  …", "    | ^"]),
    ],
    ids=range(7),
)
def test_what_is_no_yaml_has_a_caret_at_its_column_and_values_are_not_shown(text: str, shown: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "stacks/x.yaml")
    lines = render_error(caught.value, color=False).splitlines()
    assert lines[2:4] == shown
    assert "hunter2" not in "\n".join(lines)


def test_a_line_that_is_too_long_to_be_read_is_left_out() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document(f"a: {'x' * LONGEST_SOURCE}: y\n", "stacks/x.yaml")
    assert "|" not in render_error(caught.value, color=False)
