"""A YAML document as plain values, with the node tree beside them, so that every value knows its line.

Only what a configuration needs is read: one document, no tags, no anchors or aliases, no merge keys, no duplicate keys,
text keys, and nesting up to MAX_DEPTH.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

import yaml

from mlops_iac.config.project import shorten
from mlops_iac.config.scalars import AmbiguousNumber, parse_plain
from mlops_iac.config.text import CONTROL, WRITE_ONE
from mlops_iac.core.errors import ConfigError, Problem

MAX_DEPTH = 20
"""Deepest nesting of mappings and lists."""

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the file."""

# libyaml's parser when PyYAML was built with it: about ten times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Place(NamedTuple):
    file: str
    line: int
    """1-based."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Document:
    file: str
    """As shown to people: relative to the project."""
    root: yaml.Node
    values: Any
    text: str = field(default="", repr=False, compare=False)
    problems: tuple[Problem, ...] = ()
    """Keys that are there twice and values that mean nothing here; the rest of the document was still read."""

    def find(self, path: Path) -> yaml.Node | None:
        """The node of a value; None where it is not in the file."""
        node: yaml.Node | None = self.root
        for part in path:
            step = _step(node, part) if node is not None else None
            node = step[0] if step else None
        return node

    def has(self, path: Path) -> bool:
        """Whether a key or list entry is in the file."""
        return self.find(path) is not None

    def line(self, path: Path) -> int:
        """The line of a key or list entry; of the nearest enclosing one when it is not there. 1-based."""
        node, line = self.root, 1
        for part in path:
            step = _step(node, part)
            if step is None:
                break
            node, line = step
        return line

    def source(self, path: Path) -> str:
        """The line of a key up to the key's end, for `Problem.source`; empty when the key is not on that line."""
        return self._source(str(path[-1]) if path else "", self.line(path))

    def _source(self, key: str, number: int) -> str:
        line = next(islice(self.text.splitlines(), number - 1, None), "")
        found = re.search(rf"(?:^|[\s{{,]){re.escape(key)}(?=\s*:)", line) if key else None
        return line[: found.end()] if found else ""

    def written(self, path: Path) -> str | None:
        """A scalar exactly as it was written (`1.10`, not 1.1); None when there is no scalar."""
        node = self.find(path)
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def problem(self, at: Path, summary: str, detail: str = "", hint: str = "", *, path: str | None = None) -> Problem:
        """A problem at a key, with its line. ``path`` is what people call the key, where that is something else."""
        return Problem(
            file=self.file,
            line=self.line(at),
            path=dotted(at) if path is None else path,
            summary=summary,
            detail=detail,
            hint=hint,
            source=self.source(at),
        )

    def placed(self, problem: Problem) -> Problem:
        """A problem whose line is known, with this file and that line's text."""
        key = problem.path.rpartition(".")[2]
        return replace(problem, file=self.file, source=self._source(key, problem.line))

    def split(self, dotted: str, within: Path = ()) -> Path:
        """A dotted key as a path. Keys that hold dots themselves are found when they are in the file."""
        value = self.values
        for part in within:
            value = value.get(part) if isinstance(value, dict) else None
        return within + tuple(_split(value, dotted))


def _step(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and 0 <= part < len(node.value):
        return node.value[part], node.value[part].start_mark.line + 1
    return None


def _split(value: Any, dotted: str) -> Iterator[str | int]:
    parts = dotted.split(".")
    while parts:
        for size in range(len(parts), 0, -1):
            key = ".".join(parts[:size])
            if isinstance(value, dict) and key in value:
                break
        else:
            size, key = 1, parts[0]
        if isinstance(value, list) and key.isdigit():
            yield int(key)
            value = value[int(key)] if int(key) < len(value) else None
        else:
            yield key
            value = value.get(key) if isinstance(value, dict) else None
        parts = parts[size:]


def parse_document(text: str, file: str, *, what: str = "stack file") -> Document:
    """Text to a document; ConfigError when it is no YAML, or YAML that is not read here.

    ``what`` the text should be stands in the words of an error.
    """
    source = _Source(text, file, what)
    try:
        _refuse_risky(source)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _syntax_error(error, source) from error
    if root is None:
        raise ConfigError("The file is empty.", "It holds only comments.", hint=WRITE_ONE, file=file)
    problems: list[Problem] = []
    values = _construct(root, (), problems)
    document = Document(file, root, values, text)
    return replace(document, problems=tuple(document.placed(one) for one in problems))


@dataclass(frozen=True)
class _Source:
    """The text that is parsed, for whoever finds something wrong in it."""

    text: str
    file: str
    what: str

    def place(self, mark: Any, error: ConfigError) -> ConfigError:
        """The error at a place that the parser marked. Of its line the key is shown; a value may be a secret."""
        if mark is None:
            return error
        line = next(islice(self.text.splitlines(), mark.line, None), "")
        shown = _KEY_OF_LINE.match(line) or _INDENT.match(line)
        place = {"file": self.file, "line": mark.line + 1, "column": mark.column + 1}
        return ConfigError.of(replace(one, **place, source=shown[0] if shown else "") for one in error.problems)


_KEY_OF_LINE = re.compile(r"[ ]*(?:- +)*[\w.:-]+:(?=\s|$)")
_INDENT = re.compile(r"[ ]*")


def _refuse_risky(source: _Source) -> None:
    """Look at the parser's events, which cost no recursion, before anything is built from them."""
    depth = documents = 0
    event: Any
    for event in yaml.parse(source.text, Loader=_Loader):
        mark = event.start_mark
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                detail = f"`---` starts a second document; a {source.what} is one."
                hint = "remove what follows it, or give it a file of its own."
                raise source.place(mark, ConfigError("More than one YAML document.", detail, hint=hint))
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(source, mark)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.ScalarEvent) and (control := CONTROL.search(event.value)):
            detail = (
                f"An escape in quotes stands for U+{ord(control[0]):04X}, which is a control character or no character."
            )
            hint = "write the value without the escape."
            raise source.place(mark, ConfigError("A value is not text.", detail, hint=hint))
        if getattr(event, "anchor", None):
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            detail = f"`{sign}{shorten(event.anchor, 40)}` is one."
            hint = "write the value out in each place."
            raise source.place(mark, ConfigError("YAML anchors and aliases are not read here.", detail, hint=hint))
        if getattr(event, "tag", None):
            detail = f"`{shorten(event.tag, 60)}` is one; a {source.what} holds plain values only."
            hint = "remove the tag; a text that looks like something else goes in quotes."
            raise source.place(mark, ConfigError("YAML tags are not read here.", detail, hint=hint))


def _too_deep(source: _Source, mark: Any) -> ConfigError:
    detail = f"Mappings and lists may be nested {MAX_DEPTH} deep."
    hint = "make it flatter."
    return source.place(mark, ConfigError("The file is nested too deep.", detail, hint=hint, file=source.file))


def _syntax_error(error: yaml.YAMLError, source: _Source) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    if "nesting depth" in what:  # PyYAML's own limit, since 6.0.4: its scanner reads ahead of the events
        return _too_deep(source, mark)
    where = f" at column {mark.column + 1}" if mark else ""
    hint = "look for a missing space after a colon, a quote that is not closed, or a tab in the indentation."
    told = ConfigError("This is not valid YAML.", f"{shorten(what, 200)}{where}.", hint=hint, file=source.file)
    return source.place(mark, told)


def _construct(node: Any, path: Path, problems: list[Problem]) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _construct_mapping(node, path, problems)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*path, i), problems) for i, item in enumerate(node.value)]
    if node.style:
        return node.value
    try:
        return parse_plain(node.value)
    except AmbiguousNumber:
        problems.append(
            Problem(
                line=node.start_mark.line + 1,
                path=dotted(path),
                summary="YAML readers disagree about this number.",
                detail=f"Value given: {shorten(node.value)}",
                hint=f'put it in quotes, "{shorten(node.value)}", or write it as a plain decimal number.',
            )
        )
        return None


def _construct_mapping(node: yaml.MappingNode, path: Path, problems: list[Problem]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    first_lines: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        fault = _key_fault(key, first_lines)
        if fault:
            summary, detail, hint = fault
            problems.append(Problem(line=line, path=dotted((*path, name)), summary=summary, detail=detail, hint=hint))
            continue
        first_lines[name] = line
        values[name] = _construct(value, (*path, name), problems)
    return values


def _key_fault(key: yaml.Node, first_lines: dict[str, int]) -> tuple[str, str, str] | None:
    """What is wrong with a key: summary, detail and hint."""
    if not isinstance(key, yaml.ScalarNode):
        return "A key must be text.", "This one is a mapping or a list.", "write a name before the colon."
    if key.value == "<<" and not key.style:
        return "YAML merge keys are not read here.", "`<<` is one.", "write the values out."
    if not key.value:
        return "A key must be text.", "This one is empty.", "write a name before the colon."
    if key.value in first_lines:
        detail = f"`{shorten(key.value)}` is already on line {first_lines[key.value]}."
        return "This key is there twice.", detail, "remove one of them."
    return None


def dotted(path: Path) -> str:
    """A path as people read it: `options.gate.at_least`, `aws:region`; the `config` and `mlops-iac:` are left out."""
    parts = [shorten(str(part), 60) for part in path]
    if len(parts) > 1 and parts[0] == "config":
        parts = parts[1:]
        parts[0] = parts[0].removeprefix("mlops-iac:") or parts[0]
    return ".".join(parts)
