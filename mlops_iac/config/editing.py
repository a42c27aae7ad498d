"""A stack file's text, changed at one place: comments, order and everything else stay as they are.

Each function takes a document and answers the new text. Raises ConfigError, with the line, for what is written so that
a person has to do it: in braces, where a line would have to go in or out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from mlops_iac.config.document import Document, dotted
from mlops_iac.config.document import Path as KeyPath
from mlops_iac.core.drafts import draft
from mlops_iac.core.errors import ConfigError

EMPTY = ("{}", "null", "~")


def flow(value: Any) -> str:
    """A value on one line."""
    return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip().removesuffix("\n...")


def rename_key(document: Document, path: KeyPath, new: str) -> str:
    """The key of an entry, which stays where it is."""
    key, _ = entry(document, path)
    return _spliced(document.text, key, new)


def replace_value(document: Document, path: KeyPath, value: Any) -> str:
    """The value of an entry that is a scalar."""
    _, node = entry(document, path)
    if not isinstance(node, yaml.ScalarNode):
        raise by_hand(document, path, f"`{path[-1]}` holds more than one value.", f"make it `{flow(value)}`.")
    return _spliced(document.text, node, flow(value))


def remove(document: Document, path: KeyPath) -> tuple[str, list[str]]:
    """The text without an entry, and the entry's own lines, without their indentation. A mapping that was emptied goes
    with it."""
    above = around(document, path)
    if above.flow_style:
        raise by_hand(document, path, "It is written in braces.", f"take `{path[-1]}` out.")
    if len(above.value) == 1 and len(path) > 3:  # config, options, and at least one more
        _, lines = _cut(document, path)
        return _cut(document, path[:-1])[0], lines
    return _cut(document, path)


def insert_below(document: Document, path: KeyPath, lines: Sequence[str], said: str) -> tuple[str, tuple[str, ...]]:
    """Lines as the first of a mapping, with its indentation; also the lines as they are then. ``said`` is what a
    person would write."""
    whole, number = document.text.splitlines(keepends=True), document.line(path)
    key = whole[number - 1]
    opened = key.split("#", 1)[0].rstrip()
    if not opened.endswith(":"):
        value = opened.partition(f"{path[-1]}:")[2].strip()
        if value not in EMPTY:
            raise by_hand(document, path, f"`{path[-1]}` is written on one line.", f"write `{said}` there by hand.")
        whole[number - 1] = key.replace(value, "", 1).rstrip() + "\n"
    elif not key.endswith("\n"):
        whole[number - 1] = key + "\n"
    indent = _indent(whole, number, _leading(key))
    new = tuple(f"{' ' * indent}{line}" for line in lines)
    return "".join([*whole[:number], *(f"{line}\n" for line in new), *whole[number:]]), new


def insert_after(document: Document, path: KeyPath, line: str) -> str:
    """A line after an entry of one line, with its indentation."""
    whole, number = document.text.splitlines(keepends=True), document.line(path)
    before = whole[number - 1].removesuffix("\n") + "\n"
    return "".join([*whole[: number - 1], before, f"{' ' * _leading(before)}{line}\n", *whole[number:]])


def around(document: Document, path: KeyPath) -> yaml.MappingNode:
    """The mapping that holds an entry. Raises KeyError where there is none."""
    node = document.find(path[:-1])
    if not isinstance(node, yaml.MappingNode):
        raise KeyError(dotted(path))
    return node


def entry(document: Document, path: KeyPath) -> tuple[yaml.Node, yaml.Node]:
    """Key and value of an entry of a mapping. Raises KeyError where there is none."""
    for key, value in around(document, path).value:
        if key.value == path[-1]:
            return key, value
    raise KeyError(dotted(path))


def by_hand(document: Document, path: KeyPath, why: str, hint: str) -> ConfigError:
    return ConfigError("This is edited by hand.", why, hint=hint, file=document.file, line=document.line(path))


def _spliced(text: str, node: yaml.Node, new: str) -> str:
    # libyaml counts characters of what it read, which is the text itself.
    return text[: node.start_mark.index] + new + text[node.end_mark.index :]


def _cut(document: Document, path: KeyPath) -> tuple[str, list[str]]:
    key, value = entry(document, path)
    lines = document.text.splitlines(keepends=True)
    first, last = key.start_mark.line, _last_line(value)
    indent = _leading(lines[first])
    while first and _is_comment(lines[first - 1], indent):
        first -= 1
    taken = [line[indent:].rstrip("\n") for line in lines[first : last + 1]]
    return "".join([*lines[:first], *lines[last + 1 :]]), taken


def _last_line(node: yaml.Node) -> int:
    """0-based. A collection's own end lies behind the comments that follow it, which belong to what comes next."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.line) - 1
    return int(node.end_mark.line)


def _is_comment(line: str, indent: int) -> bool:
    return line.startswith(" " * indent + "#")


def _leading(line: str) -> int:
    return len(line) - len(line.lstrip())


def _indent(lines: Sequence[str], number: int, outer: int) -> int:
    """Of the first thing in a mapping; two more than the mapping's own where it is empty."""
    for inner in _indents(lines[number:]):
        return inner if inner > outer else outer + 2
    return outer + 2


def _indents(lines: Sequence[str]) -> Iterator[int]:
    for line in lines:
        bare = line.strip()
        if bare and not bare.startswith("#"):
            yield _leading(line)


def replace_checked(path: Path, text: str, check: Callable[[], Any]) -> None:
    """Write a file whole, and put the old text back when ``check`` raises."""
    before = path.read_text(encoding="utf-8")
    _write(path, text)
    try:
        check()
    except BaseException:
        _write(path, before)
        raise


def _write(path: Path, text: str) -> None:
    with draft(path.parent, text, mode=path.stat().st_mode & 0o777) as new:
        new.replace(path)
