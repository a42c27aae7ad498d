"""What is suggested for a word that is no command, and that it is never more dangerous than what was typed."""

from __future__ import annotations

import string

import pytest

from mlops_iac.cli.commands import COMMANDS
from mlops_iac.cli.main import run_command
from mlops_iac.cli.words import (
    CHANGING,
    ENDING,
    KNOWN_WORDS,
    MEANINGS,
    Danger,
    danger_of,
    suggest,
)
from mlops_iac.core import exit_codes
from tests.cli.test_main import all_commands

REAL = {" ".join(words) for words in all_commands()}
TABLE = [(meant, word, command) for meant, words in MEANINGS.items() for word in words for command in words[word]]


def test_a_word_stands_in_one_table_only():
    assert len(KNOWN_WORDS) == sum(map(len, MEANINGS.values()))
    assert set(KNOWN_WORDS) & set(COMMANDS) == set()


@pytest.mark.parametrize(("meant", "word", "command"), TABLE, ids=lambda value: str(value))
def test_a_suggestion_is_a_command_and_no_more_dangerous_than_the_word(meant, word, command):
    assert danger_of(command) <= meant, f"`{word}` would lead to `{command}`"
    bare = " ".join(part for part in command.split() if part.islower() and not part.startswith("--"))
    assert command.startswith("--") or any(bare.startswith(name) for name in REAL), command


def test_commands_that_are_called_dangerous_exist():
    assert (CHANGING | ENDING) - {"env"} <= REAL
    assert set() == CHANGING & ENDING


def slips(word: str):
    """Every word that is one slip of the finger away."""
    letters = string.ascii_lowercase
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        if at + 1 < len(word):
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for letter in letters:
            yield word[:at] + letter + word[at + 1 :]
            yield word[:at] + letter + word[at:]


@pytest.mark.parametrize("word", [*COMMANDS, *KNOWN_WORDS])
def test_no_slip_in_a_word_leads_to_something_worse(word):
    """Also `mlops-iac dploy`, and `detroy`, which is a slip in `destroy` and nothing else."""
    meant = danger_of(word) if word in COMMANDS else next(kind for kind, words in MEANINGS.items() if word in words)
    for typed in set(slips(word)) - set(COMMANDS) - set(KNOWN_WORDS) - {""}:
        worst = max((danger_of(command) for command in suggest(typed, COMMANDS)), default=Danger.READS)
        assert worst <= meant or worst < Danger.ENDS, typed


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("deploy", "did you mean `mlops-iac up`?"),
        ("apply", "did you mean `mlops-iac up`?"),
        ("remove", "did you mean `mlops-iac destroy`, `mlops-iac data rm` or `mlops-iac stack rm`?"),
        ("list", "did you mean `mlops-iac status`, `mlops-iac stack ls` or `mlops-iac data ls`?"),
        ("destory", "did you mean `mlops-iac destroy`?"),
        ("prevew", "did you mean `mlops-iac preview`?"),
        ("xyzzy", "`mlops-iac --help` shows how it is used."),
        ("data delete", "did you mean `mlops-iac data rm`?"),
        ("stack remove", "did you mean `mlops-iac stack rm`?"),
        ("cloud strat", "did you mean `mlops-iac cloud start`?"),
        ("cloud xyzzy", "`mlops-iac cloud --help` shows how it is used."),
    ],
)
def test_what_is_said(typed, hint, capsys):
    assert run_command(typed.split()) == exit_codes.CONFIGURATION
    assert f"hint: {hint}" in capsys.readouterr().err
