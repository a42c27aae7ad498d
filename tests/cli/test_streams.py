"""A locale without our signs gets them in ASCII; nothing that is written ends in UnicodeEncodeError."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_iac.cli.streams import IN_ASCII, NAME, SPINNER, write_safely

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def streams(monkeypatch):
    """Stdout and stderr in an encoding; answers what was written to each."""

    def streams(encoding):
        made = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "stdout", made[0])
        monkeypatch.setattr(sys, "stderr", made[1])
        write_safely()
        return made

    return streams


def written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode(stream.encoding)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("ascii", "ok k\\xfc -> ... *"), ("iso-8859-1", "ok kü -> ... *"), ("utf-8", "✓ kü → … ⠋")],
)
def test_signs_are_spelled_and_text_is_kept_where_it_can_be(streams, encoding, shown):
    for stream in streams(encoding):
        stream.write("✓ kü → … ⠋")
        assert written(stream) == shown


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "utf-8", "cp437", "shift_jis"])
def test_a_file_name_that_is_no_text_is_shown_by_its_bytes(streams, encoding):
    stream, _ = streams(encoding)
    stream.write(os.fsdecode(b"\xff.csv"))
    assert "dcff.csv" in written(stream)


def our_signs() -> set[str]:
    """Every character outside ASCII in a text of the product that is shown to people."""
    found: set[str] = set()
    for path in (CHECKOUT / "mlops_iac").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                found |= {character for character in node.value if ord(character) > 127 and character.isprintable()}
    return found


PASSED_ON = {"ü", "é", "ä", "ö", "ß", "\N{LINEAR B SYLLABLE B008 A}"}
"""Letters, which are not signs."""


def test_every_sign_of_ours_has_a_spelling():
    assert {sign for sign in our_signs() - PASSED_ON if sign not in IN_ASCII and ord(sign) not in SPINNER} == set()
    assert all(text.isascii() for text in IN_ASCII.values())


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX"},
        {"PYTHONIOENCODING": "iso-8859-1", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_the_real_command_works_in_every_locale(project, locale):
    """In ISO-8859-1 by Python's own setting, because few machines have that locale installed."""
    name = "k\u00fc-\u2713"
    command = [sys.executable, "-m", "mlops_iac.cli.main", "preview", "--state", name, "screening-dev"]
    done = subprocess.run(command, cwd=project, env={**os.environ, **locale}, capture_output=True)
    assert done.returncode == 2
    assert b"The file cannot be read." in done.stderr
    assert b"This is a bug" not in done.stderr


def test_programs_that_are_called_are_read_in_utf_8_whatever_the_locale():
    """`text=True` reads in the locale's encoding, and ends with an error where that is ASCII."""
    careless = []
    for path in [*(CHECKOUT / "mlops_iac").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and {"text", "universal_newlines"} & {one.arg for one in node.keywords}:
                name = ast.unparse(node.func)
                if name.startswith("subprocess."):
                    careless.append(f"{path.relative_to(CHECKOUT)}:{node.lineno}")
    assert careless == []


def test_the_handler_is_known_by_its_name(streams):
    streams("ascii")
    assert "…".encode("ascii", NAME) == b"..."
