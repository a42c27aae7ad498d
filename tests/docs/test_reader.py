"""The reader of pages finds what differs, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import Command, Edit, alone, parse_console, parse_diff, read_actions
from tests.docs.reader import Reader, compare


def check(shown: str, came: str) -> None:
    compare(Command("mlops-iac up", shown), came, "here")


def test_what_no_two_runs_have_in_common_is_not_compared():
    check(
        "Run 261121-084017-f0da of training (code 59e7d594035f67d8)\n  train  succeeded    4.7 s  training\n",
        "Run 261201-000000-0000 of training (code aaaaaaaaaaaaaaaa)\n  train  succeeded  1 min 14 s  training\n",
    )


def test_an_ellipsis_stands_for_lines_or_for_words():
    check("first\n…\nlast\n", "first\nlast\n")
    check("first\n…\nlast\n", "first\na\nb\nlast\n")
    check("auc 0.9  …\n", "auc 0.9  recall 0.9\n")


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ("64 created\n", "63 created\n"),
        ("a\nb\n", "a\n"),
        ("a\n", "a\nb\n"),
        ("a\n…\nb\n", "b\na\n"),
        ("auc is 0.9975\n", "auc is 0.9\n"),
        ("auc is 0.9975\n", "auc is 0.9675\n"),
    ],
)
def test_anything_else_that_differs_is_found(shown: str, came: str):
    with pytest.raises(AssertionError, match="here shows"):
        check(shown, came)


def test_a_measured_number_may_differ_a_little():
    check("auc is 0.997484\n", "auc is 0.9970\n")


def test_a_console_block_is_commands_and_what_they_show():
    first, second = parse_console("$ mlops-iac up a-dev --yes\nerror: No.\n  why\n$ mlops-iac runs 'a b'\n")
    assert (first.line, first.shown, first.fails) == ("mlops-iac up a-dev --yes", "error: No.\n  why\n", True)
    assert (second.words, second.shown, second.fails) == (["mlops-iac", "runs", "a b"], "", False)
    drift, code = parse_console("$ mlops-iac drift a-dev\n1 changed\n$ echo $?\n7\n")
    assert (drift.fails, code.fails) == (True, False)
    assert alone("mlops-iac graph a-dev --format dot | dot -Tsvg > a.svg") == "mlops-iac graph a-dev --format dot"


def test_a_diff_block_edits_the_file_it_names(tmp_path: Path):
    edit = parse_diff("--- a.yaml\n+++ a.yaml\n one: 1\n-two: 2\n+two: 3\n")
    assert edit == Edit("a.yaml", "one: 1\ntwo: 2", "one: 1\ntwo: 3")
    (tmp_path / "a.yaml").write_text("one: 1\ntwo: 2\n")
    edit.apply(tmp_path)
    assert (tmp_path / "a.yaml").read_text() == "one: 1\ntwo: 3\n"
    with pytest.raises(AssertionError, match="exactly once"):
        edit.apply(tmp_path)


def test_a_python_block_with_a_name_is_a_file_to_save(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "```python\n# hello.py\nprint(6 * 7)\n```\n\n```python\nnot(run)\n```\n\n"
        "```console\n$ python hello.py\n42\n```\n"
    )
    Reader(page, tmp_path).to_the_end()
    assert (tmp_path / "hello.py").is_file()


def test_a_block_that_is_not_run_says_why(tmp_path: Path):
    page = tmp_path / "page.md"
    fence = "```"
    page.write_text(
        f"<!-- not run: needs an account -->\n{fence}console\n$ mlops-iac up a-dev\n{fence}\n\n"
        f"{fence}console\n$ mlops-iac --version\n{fence}\n\n{fence}yaml\n$ no\n{fence}\n"
    )
    assert [action.line for action in read_actions(page) if isinstance(action, Command)] == ["mlops-iac --version"]


def test_the_reader_stops_where_it_is_told_and_misses_what_is_not_there(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ mlops-iac --version\nmlops-iac …\n$ mlops-iac nonsense\nerror: …\n…\n$ echo $?\n2\n```\n"
    )
    reader = Reader(page, tmp_path)
    assert reader.until("mlops-iac --version").startswith("mlops-iac ")
    reader.to_the_end()
    with pytest.raises(LookupError, match="no `\\$ mlops-iac --version` from here on"):
        reader.until("mlops-iac --version")
