"""What is written in a locale that lacks some of our characters: in ASCII's way of writing them, never a crash.

A terminal may be in ISO-8859-1 or in plain ASCII (`LC_ALL=de_DE.ISO-8859-1`, `LC_ALL=C`), and the name of a file may
hold bytes that are no text at all. https://docs.python.org/3/library/codecs.html#error-handlers
"""

from __future__ import annotations

import codecs
import sys

NAME = "mlops-iac-in-ascii"

IN_ASCII = {
    "…": "...", "→": "->", "←": "<-", "›": ">", "±": "+-", "−": "-", "✓": "ok", "✗": "!!", "·": "-", "×": "x", "—": "-",
    "–": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "≥": ">=", "≤": "<=", "│": "|", "µ": "u", "─": "-",
    "\N{REPLACEMENT CHARACTER}": "?",
}  # fmt: skip
"""How our own signs are written where they are missing."""

SPINNER = range(0x2800, 0x2900)
"""The braille patterns, which turn."""


def write_safely() -> None:
    """Let stdout and stderr write everything, in whatever encoding they are."""
    codecs.register_error(NAME, in_ascii)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a stream that somebody put in its place may have none
            reconfigure(errors=NAME)


def in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that could not be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(spell, error.object[error.start : error.end])), error.end


def spell(character: str) -> str:
    """One character in ASCII: a sign of ours as it is usually typed, anything else by its number, as Python does."""
    if ord(character) in SPINNER:
        return "*"
    return IN_ASCII.get(character) or character.encode("ascii", "backslashreplace").decode()
