"""The changes of a blueprint's versions, made in a stack file, whose comments and order stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.config.document import Document, parse_document
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.config.editing import flow, insert_after, insert_below, remove, rename_key, replace_value
from mlops_iac.config.migrations import (
    Change,
    DefaultChanged,
    OptionRemoved,
    OptionRenamed,
    ResourceRenamed,
    ValueRenamed,
    split,
)

OPTIONS: Final = "mlops-iac:options"
BLUEPRINT: Final = "mlops-iac:blueprint"
VERSION: Final = "mlops-iac:blueprint_version"

Known = Callable[[KeyPath], bool]
"""Whether somebody else than the file, its company, says an option."""


@dataclass(frozen=True, kw_only=True)
class Edited:
    text: str
    told: tuple[str, ...]
    """What was done, in sentences without a full stop."""


def edit(text: str, file: str, changes: Iterable[Change], version: int, known: Known) -> Edited:
    """The text as the version has it. Raises ConfigError for what is written so that a person has to do it."""
    told = []
    for change in changes:
        document = parse_document(text, file)
        done = EDITS[type(change)](change, document, known)
        if done is not None:
            text, said = done
            told.append(said)
    return Edited(text=with_version(parse_document(text, file), version), told=tuple(told))


def with_version(document: Document, version: int) -> str:
    """Beside the name of the blueprint; that may be the company's."""
    if document.has(("config", VERSION)):
        return replace_value(document, ("config", VERSION), version)
    line = f"{VERSION}: {version}"
    if document.has(("config", BLUEPRINT)):
        return insert_after(document, ("config", BLUEPRINT), line)
    return insert_below(document, ("config",), [line], line)[0]


Done = tuple[str, str] | None
"""The new text, and what was done; None where the file says nothing of it."""


def _rename(change: OptionRenamed, document: Document, known: Known) -> Done:
    was, now = at(change.was), at(change.now)
    if not document.has(was):
        return None
    if was[:-1] == now[:-1]:
        return rename_key(document, was, str(now[-1])), change.tell()
    text, lines = remove(document, was)
    place = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    lines[place] = lines[place].replace(str(was[-1]), str(now[-1]), 1)
    return write(parse_document(text, document.file), now, lines), change.tell()


def _map_value(change: ValueRenamed, document: Document, known: Known) -> Done:
    path = at(change.option)
    value = value_of(document, path)
    if not isinstance(value, str | int | float | bool) or value not in change.values:
        return None
    new = change.values[value]
    return replace_value(document, path, new), f"`{change.option}` says `{new}` for `{value}`"


def _keep_default(change: DefaultChanged, document: Document, known: Known) -> Done:
    path = at(change.option)
    if document.has(path) or known(path[2:]):
        return None
    line = f"{path[-1]}: {flow(change.was)}"
    text = beside_its_comment(document, path, line) or write(document, path, [line])
    return text, f"`{change.option}` is kept at `{change.was}`, which it meant; left out it means `{change.now}` now"


def _remove(change: OptionRemoved, document: Document, known: Known) -> Done:
    return (remove(document, at(change.option))[0], change.tell()) if document.has(at(change.option)) else None


EDITS: Final[Mapping[type, Callable[[Any, Document, Known], Done]]] = {
    OptionRenamed: _rename,
    ValueRenamed: _map_value,
    DefaultChanged: _keep_default,
    OptionRemoved: _remove,
    ResourceRenamed: lambda change, document, known: None,  # the program knows both names
}


def at(option: str) -> KeyPath:
    return ("config", OPTIONS, *split(option))


def value_of(document: Document, path: KeyPath) -> Any:
    value = document.values
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def write(document: Document, path: KeyPath, lines: list[str]) -> str:
    """An entry's lines in the mapping where it belongs, which is made where it is missing."""
    missing = 0
    while not document.has(path[: len(path) - 1 - missing]):
        missing += 1
    there, new = path[: len(path) - 1 - missing], path[len(path) - 1 - missing : -1]
    heads = [f"{'  ' * depth}{part}:" for depth, part in enumerate(new)]
    below = [f"{'  ' * len(new)}{line}" for line in lines]
    return insert_below(document, there, [*heads, *below], " ".join(line for line in lines if line))[0]


def beside_its_comment(document: Document, path: KeyPath, line: str) -> str | None:
    """After the line that shows the old default as a comment, as `new` writes it; None where there is none."""
    commented = re.compile(rf"(?P<indent> +)# {re.escape(str(path[-1]))}:.*")
    if len(path) != 3 or not document.has(path[:-1]):
        return None
    lines = document.text.splitlines(keepends=True)
    for number in range(document.line(path[:-1]), len(lines)):
        found = commented.fullmatch(lines[number].rstrip())
        if found:
            lines[number] = f"{found['indent']}{line}\n"
            return "".join(lines)
    return None
