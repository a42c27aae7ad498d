"""Entries of `access:` in a stack file, written and taken out; comments and order stay as they are."""

from __future__ import annotations

from typing import Any, Final

import yaml

from mlops_iac.config.document import Document, parse_document
from mlops_iac.core.errors import ConfigError

KEY: Final = "mlops-iac:access"
PATH: Final = ("config", KEY)
EMPTY: Final = ("[]", "null", "~")


def with_entry(text: str, file: str, entry: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The text with an entry more, the last of the list, and the lines that are new. Raises ConfigError where the list
    is written in brackets, which is edited by hand."""
    document, said = parse_document(text, file), f"- {_flow(entry)}"
    lines = text.splitlines()
    if not document.has(PATH):
        at, indent = _top(document, lines)
        new = [f"{indent}{KEY}:", f"{indent}  {said}"]
        return _joined([*lines[:at], *new, *lines[at:]]), tuple(new)
    key = document.line(PATH) - 1
    entries = _entries(document, lines, said)
    if not entries:
        indent = " " * _indent(lines[key])
        head = lines[key]
        for word in EMPTY:
            head = head.replace(f"{KEY}: {word}", f"{KEY}:")
        new = [f"{indent}  {said}"]
        return _joined([*lines[:key], head, *new, *lines[key + 1 :]]), tuple(new)
    start, end = entries[-1]
    new = [f"{' ' * _indent(lines[start])}{said}"]
    return _joined([*lines[:end], *new, *lines[end:]]), tuple(new)


def without_entry(text: str, file: str, index: int) -> tuple[str, tuple[str, ...]]:
    """The text without one, and the lines that are gone. Raises ConfigError for an entry of the company's file, and
    where the list is written in brackets."""
    document, lines = parse_document(text, file), text.splitlines()
    if not document.has(PATH):
        hint = "take it out of mlops-iac.yaml, or say `mlops-iac:access: []` in the stack file."
        raise ConfigError("It is the company's file that names them.", f"{file} has no `{KEY}`.", hint=hint)
    entries = _entries(document, lines, "")
    start, end = entries[index]
    gone, kept = lines[start:end], [*lines[:start], *lines[end:]]
    if len(entries) == 1:
        key = document.line(PATH) - 1
        kept[key] = kept[key].replace(f"{KEY}:", f"{KEY}: []", 1)
    return _joined(kept), tuple(gone)


def _entries(document: Document, lines: list[str], said: str) -> list[tuple[int, int]]:
    """Each entry's lines, from its dash to before the next; comments after the last are not its."""
    found = document.values["config"][KEY]
    starts = [document.line((*PATH, index)) - 1 for index in range(len(found or ()))]
    if any(not lines[start].lstrip().startswith("- ") for start in starts) or len(set(starts)) < len(starts):
        hint = f"write `{said[2:]}` there by hand." if said else "take it out by hand."
        line = document.line(PATH)
        detail = f"`{KEY}` is written in brackets."
        raise ConfigError("This is edited by hand.", detail, hint=hint, file=document.file, line=line)
    ends = [*starts[1:], _end(lines, starts[-1])] if starts else []
    return [*zip(starts, (_trim(lines, start, end) for start, end in zip(starts, ends, strict=True)), strict=True)]


def _end(lines: list[str], start: int) -> int:
    """The line after the last entry's: the first that stands no deeper than its dash."""
    dash = _indent(lines[start])
    for number in range(start + 1, len(lines)):
        bare = lines[number].strip()
        if bare and not bare.startswith("#") and _indent(lines[number]) <= dash:
            return number
    return len(lines)


def _trim(lines: list[str], start: int, end: int) -> int:
    """Without blank lines and comments at its end, which stand before what follows."""
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _top(document: Document, lines: list[str]) -> tuple[int, str]:
    """Where a new setting goes: before `options`, or as the first; and its indentation."""
    options = ("config", "mlops-iac:options")
    if document.has(options):
        number = document.line(options) - 1
        indent = lines[number][: _indent(lines[number])]
        while number and lines[number - 1].lstrip().startswith("#"):
            number -= 1
        return number, indent
    number = document.line(("config",))
    first = next((line for line in lines[number:] if line.strip() and not line.lstrip().startswith("#")), "  ")
    return number, first[: _indent(first)] or "  "


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()


def _joined(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
