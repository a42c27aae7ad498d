"""Every command line that a page, a `--help` or a hint shows is one that the CLI understands today."""

from __future__ import annotations

import re

import pytest

from mlops_iac.cli.main import run_command
from tests.docs.commands import all_commands, parse
from tests.docs.pages import CHECKOUT, alone, mentioned_commands, pages, read_blocks

ABBREVIATED = re.compile(r"…|\w\|\w|\.\.\.")
"""`cloud status|start`, `up …`: told in short, not to be typed."""


NAMES = {" ".join(("mlops-iac", *words[:depth])) for words in all_commands() for depth in range(1, len(words) + 1)}
"""`mlops-iac drift`, `mlops-iac cloud`: a sentence that names a command leaves out what it is called with."""


def shown_lines() -> list[tuple[str, str]]:
    """All but those of the command reference: it shows each command's usage, and the examples that are tested below."""
    lines = [
        (str(page.relative_to(CHECKOUT)), line)
        for page in pages()
        if page.name != "cli.md"
        for line in mentioned_commands(page)
    ]
    return sorted({(page, line) for page, line in lines if not ABBREVIATED.search(line) and line not in NAMES})


@pytest.mark.parametrize(("page", "line"), shown_lines())
def test_a_command_on_a_page_is_understood(page: str, line: str):
    parse(line)


@pytest.mark.parametrize("words", list(all_commands()), ids=" ".join)
def test_the_example_in_help_is_understood(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    assert run_command([*words, "--help"]) == 0
    example = example_in(capsys.readouterr().out)
    assert example.startswith(f"mlops-iac {' '.join(words)}")
    parse(example)


def example_in(help_text: str) -> str:
    """The paragraph after ``Example:`` on one line, without what it pipes into."""
    _, found, rest = help_text.partition("Example:")
    assert found, "the help has no `Example:`"
    return alone(" ".join(rest.split("\n\n")[0].split()))


def test_the_check_refuses_what_the_cli_does_not_know(capsys: pytest.CaptureFixture[str]):
    assert parse("mlops-iac run screening-dev training --follow")["follow"] is True
    with pytest.raises(AssertionError, match="not understood"):
        parse("mlops-iac run screening-dev --folow")
    with pytest.raises(AssertionError, match="not understood"):
        parse("mlops-iac runn screening-dev")


EXECUTED = {
    "README.md",
    "docs/guides/feature-store.md",
    "docs/guides/first-environment.md",
    "docs/guides/llm-finetuning.md",
    "docs/guides/notebooks.md",
    "docs/guides/policy.md",
    "docs/guides/promotion.md",
    "docs/guides/rag.md",
    "docs/guides/runs-and-models.md",
    "docs/guides/state.md",
    "docs/guides/upgrade.md",
}
"""By tests/e2e."""


def test_console_blocks_are_run_or_say_why_not():
    for page in pages():
        left_out = [block.text for block in read_blocks(page) if block.kind in ("console", "diff") and not block.reason]
        name = str(page.relative_to(CHECKOUT))
        assert name in EXECUTED or left_out == [], f"{name} has a console block that nothing runs: {left_out}"


NOT_A_COMMAND = {("snapshot.py", " cloud snapshot")}
"""The first bytes of the embedded cloud's snapshot."""


NAMED = re.compile(r"[`\"']mlops-iac( [a-z]+(?: [a-z]+(?:-[a-z]+)*)?)")


def commands_in_sources() -> set[tuple[str, str]]:
    """File and words of each quoted `mlops-iac word …` that our messages, docstrings and templates hold."""
    found = set()
    for folder in ("mlops_iac", "components", "blueprints"):
        for file in (CHECKOUT / folder).rglob("*"):
            if file.suffix in (".py", ".jinja", ".j2", ".json"):
                text = file.read_text(encoding="utf-8")
                found |= {(file.name, words) for words in NAMED.findall(text)}
    return found


def test_messages_name_commands_that_exist():
    commands = [" " + " ".join(words) for words in all_commands()]
    groups = {command.rpartition(" ")[0] for command in commands if command.count(" ") > 1}
    unknown = set()
    for file, words in commands_in_sources() - NOT_A_COMMAND:
        first = " " + words.split()[0]
        wanted = words if first in groups and words.count(" ") > 1 else first
        if wanted not in (*commands, *groups):
            unknown.add((file, wanted))
    assert unknown == set()
