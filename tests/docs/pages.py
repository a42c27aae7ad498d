"""Pages of documentation as something that can be run: their commands, what they show, the edits they make.

A page is run block by block. ` ```console ` blocks hold commands after ``$ `` and what they show; ` ```diff ` blocks
edit the file named after ``+++``; ` ```python ` blocks that begin with ``# NAME.py`` are saved. Nothing else is run.
``<!-- not run: reason -->`` in front of a block leaves it out.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]

BLOCK = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+?) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
SCRIPT = re.compile(r"# ((?:\w+/)?\w+\.py)\n")
INLINE = re.compile(r"`(mlops-iac [^`]+)`")


@dataclass(frozen=True)
class Block:
    kind: str
    text: str
    reason: str | None = None
    """Why it is not run; None: it is."""


@dataclass(frozen=True)
class Command:
    line: str
    shown: str
    """What the page shows below it; empty: the page says nothing about it."""
    fails: bool = False
    """Whether the page shows that it ends with an exit code other than 0."""

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line)


@dataclass(frozen=True)
class Edit:
    file: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        assert text.count(self.old) == 1, f"{self.file} does not hold this exactly once:\n{self.old}"
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True)
class Script:
    """A file that the reader is told to save."""

    name: str
    text: str

    def save(self, folder: Path) -> None:
        (folder / self.name).parent.mkdir(exist_ok=True)
        (folder / self.name).write_text(self.text, encoding="utf-8")


Action = Command | Edit | Script


def pages() -> list[Path]:
    """Every page of the project: nothing that tools leave in a checkout."""
    inside = [path for folder in ("docs", "examples", "blueprints") for path in (CHECKOUT / folder).rglob("*.md")]
    return sorted([*CHECKOUT.glob("*.md"), *inside])


def read_blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [Block(m["kind"], m["text"], m["reason"]) for m in BLOCK.finditer(text)]


def read_actions(page: Path) -> Iterator[Action]:
    """What a reader of the page does, in its order."""
    for block in read_blocks(page):
        if block.reason is None and block.kind == "console":
            yield from parse_console(block.text)
        elif block.reason is None and block.kind == "diff":
            yield parse_diff(block.text)
        elif block.kind == "python" and (name := SCRIPT.match(block.text)):
            yield Script(name[1], block.text)


def parse_console(text: str) -> Iterator[Command]:
    before, *rest = re.split(r"^\$ ", text, flags=re.MULTILINE)
    assert not before, f"A console block begins with a command, not with:\n{before}"
    parts = [part.partition("\n") for part in rest]
    for (line, _, shown), (next_line, _, code) in zip(parts, [*parts[1:], ("", "", "")], strict=True):
        is_error = any(text.startswith("error: ") for text in shown.splitlines())
        yield Command(line, shown, is_error or (next_line == "echo $?" and code.strip() != "0"))


def parse_diff(text: str) -> Edit:
    lines = text.splitlines()
    assert lines[0].startswith("--- "), f"A diff block begins with the file's name, not with:\n{lines[0]}"
    assert lines[1].startswith("+++ "), f"A diff block names the file twice, not:\n{lines[1]}"
    old = [line[1:] for line in lines[2:] if line.startswith(("-", " "))]
    new = [line[1:] for line in lines[2:] if line.startswith(("+", " "))]
    return Edit(lines[1].removeprefix("+++ "), "\n".join(old), "\n".join(new))


def mentioned_commands(page: Path) -> Iterator[str]:
    """Every `mlops-iac …` line on a page, run or not, in blocks and in sentences; none that is abbreviated."""
    text = page.read_text(encoding="utf-8")
    for block in read_blocks(page):
        for line in block.text.splitlines():
            found = re.match(r"(?:\$ |\s*)(mlops-iac [^#`]+)", line)
            if found and block.kind in ("console", "", "sh"):
                yield alone(found[1])
    for found in INLINE.finditer(BLOCK.sub("", text)):
        yield alone(found[1])


def alone(line: str) -> str:
    """A command without what it is piped into."""
    return re.split(r" (?:\||>>?) ", line)[0].strip()
