"""The commands of the CLI, at any depth, as Typer knows them; and parsing a line without doing what it says."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mlops_iac.cli.commands import COMMANDS, load_command
from mlops_iac.cli.main import run_command
from tests.docs.pages import CHECKOUT


def all_commands() -> Iterator[tuple[str, ...]]:
    """``("up",)``, ``("cloud", "start")``: everything that does something."""
    for name in COMMANDS:
        yield from (words for words, _ in _leaves((name,), load_command(name)))


def _leaves(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield words, command
        return
    for name, child in children.items():
        yield from _leaves((*words, name), child)


def parse(line: str, folder: Path = CHECKOUT) -> dict[str, Any]:
    """What a command would be called with; AssertionError with the CLI's own words when the line is not understood."""
    program, *arguments = shlex.split(line)
    assert program == "mlops-iac", line
    called: list[dict[str, Any]] = []

    def record(**values: Any) -> None:
        called.append(values)

    def load_harmless(name: str) -> Any:
        command = load_command(name)
        for _, leaf in _leaves((name,), command):
            leaf.callback = record
        return command

    here = Path.cwd()
    try:
        os.chdir(folder)
        with patch("mlops_iac.cli.commands.load_command", load_harmless):
            code = run_command(arguments)
    finally:
        os.chdir(here)
    asks_for_words = {"--help", "-h", "--version"} & set(arguments)
    assert code == 0, f"`{line}` is not understood: exit code {code}"
    assert called or asks_for_words, f"`{line}` calls nothing"
    return called[0] if called else {}
