"""Text that came from data, made harmless where it is shown: one function for each medium, and no other place for it.

Names of metrics and resources, lines of logs and answers of clouds are written by others. On a terminal they must not
move the cursor, set a title or turn the reading direction; in Markdown they must stay what they are, text; in a graph
they must not end their quotes. (YAML has `scaffold.safe_yaml`, shells have `cli.env`.)
"""

from __future__ import annotations

import re
from typing import Final

_OURS: Final = r"\x1b\[(?:0|1|2|3[1-5])(?:;(?:1|2|3[1-5]))*m"
"""The colours that `Style` paints with. In data they could do no more than colour."""

_UNSEEN: Final = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, all but tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the reading direction (CVE-2021-42574)
    "\u2028\u2029]"  # line breaks that only some see
)
_COLORED: Final = re.compile(f"({_OURS})|({_UNSEEN})")
_PLAIN: Final = re.compile(f"({_UNSEEN})")
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]|~#!])")


def terminal(text: str, *, color: bool) -> str:
    """Text for a terminal or a log: what would steer it is shown as what it is, ``\\x1b``.

    With ``color`` the colours of `Style` pass. Beyond ASCII it is written as ``\\u009b``, which JSON reads back alike.
    """
    text = text.replace("\r\n", "\n")
    return _COLORED.sub(lambda found: found[1] or _shown(found[2]), text) if color else _PLAIN.sub(_visible, text)


def code_span(text: str) -> str:
    """Text as code in one line of Markdown. Its fence is longer than any run of backticks in it, so it cannot leave."""
    text = " ".join(terminal(text, color=False).split("\n"))
    fence = "`" * (max(map(len, re.findall(r"`+", text)), default=0) + 1)
    padding = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{padding}{text}{padding}{fence}"


def code_block(text: str) -> str:
    """Text as a block of Markdown that nothing inside can end."""
    fence = "`" * max(3, max(map(len, re.findall(r"`+", text)), default=0) + 1)
    return f"{fence}text\n{terminal(text, color=False)}\n{fence}"


def markdown(text: str) -> str:
    """Text as text in one line of Markdown: no markup, no tag, and nobody is mentioned."""
    text = " ".join(terminal(text, color=False).split("\n")).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKDOWN.sub(r"\\\1", text).replace("@", "@&#8203;")


def prose(text: str) -> str:
    """A sentence of ours in which names stand between backticks: these become code, and all else stays text."""
    parts = re.split(r"`([^`\n]+)`", text)
    return "".join(code_span(part) if place % 2 else markdown(part) for place, part in enumerate(parts))


def cell(text: str) -> str:
    """Markdown inside a cell of a table: a bar would end it, in code as well."""
    return re.sub(r"(?<!\\)\|", r"\\|", text.replace("\n", " "))


def mermaid(text: str) -> str:
    """Text inside quotes in Mermaid. https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters"""
    text = " ".join(terminal(text, color=False).split("\n")).replace("#", "#35;").replace("&", "#amp;")
    return text.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;").replace("`", "#96;")


def dot(text: str) -> str:
    """Text inside quotes in DOT. https://graphviz.org/doc/info/lang.html"""
    text = " ".join(terminal(text, color=False).split("\n"))
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _visible(found: re.Match[str]) -> str:
    return _shown(found[0])


def _shown(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x20 else f"\\u{code:04x}"
