"""A terminal for tests: runs a program on a pty and keeps what its screen shows after each time it was drawn."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_SEQUENCE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\r\n|\n|\r|[^\x1b]|\x1b")


@dataclass
class Screen:
    """What a terminal of this size shows. Knows what a view that redraws itself needs, and refuses the rest."""

    columns: int
    rows: int
    lines: list[str] = field(default_factory=lambda: [""])
    """All that was ever written, what has scrolled away first."""
    row: int = 0
    column: int = 0
    cursor_is_shown: bool = True
    wrapped: int = 0
    """How often a line was longer than the terminal is wide."""
    lost: int = 0
    """How often the cursor was to go up further than the screen goes: what is drawn then comes twice."""
    coloured: bool = False

    def feed(self, text: str) -> None:
        for match in _SEQUENCE.finditer(text):
            if match.group(2):
                self._control(match.group(1), match.group(2))
            elif match.group() in ("\n", "\r\n"):
                self._down()
                self.column = 0 if match.group() == "\r\n" else self.column
            elif match.group() == "\r":
                self.column = 0
            else:
                self._put(match.group())

    @property
    def shown(self) -> list[str]:
        return [line.rstrip() for line in self.lines[-self.rows :]]

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    def _control(self, arguments: str, final: str) -> None:
        count = int(arguments) if arguments.isdigit() else 1
        if final == "A":
            top = max(0, len(self.lines) - self.rows)
            self.lost += self.row - count < top
            self.row = max(top, self.row - count)
        elif final == "K":
            self.lines[self.row] = "" if arguments == "2" else self.lines[self.row][: self.column]
        elif final == "m":
            self.coloured |= arguments not in ("", "0")
        elif final in "hl" and arguments == "?25":
            self.cursor_is_shown = final == "h"
        else:
            raise AssertionError(f"the screen does not know ESC[{arguments}{final}")

    def _put(self, character: str) -> None:
        if self.column >= self.columns:
            self.wrapped += 1
            self._down()
            self.column = 0
        line = self.lines[self.row].ljust(self.column)
        self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
        self.column += 1

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")


@dataclass
class Session:
    """A program that ran on a terminal."""

    screen: Screen
    frames: list[list[str]]
    """What the screen showed whenever the program paused."""
    code: int
    raw: str


def run_on_terminal(
    command: Sequence[str],
    *,
    cwd: Path,
    columns: int = 80,
    rows: int = 24,
    environment: Mapping[str, str] | None = None,
    interrupt_at: str = "",
    answers: Mapping[str, str] | None = None,
    timeout: float = 120.0,
) -> Session:
    """Run to the end; presses Ctrl-C when ``interrupt_at`` is first shown, and types ``answers`` to what is asked."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(cwd)
        unset = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "MLOPS_IAC_PLAIN")
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        os.execvpe(command[0], list(command), {**inherited, "TERM": "xterm-256color", **(environment or {})})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        return _follow(process, terminal, Screen(columns, rows), interrupt_at, dict(answers or {}), timeout)
    finally:
        os.close(terminal)


def _follow(
    process: int, terminal: int, screen: Screen, interrupt_at: str, answers: dict[str, str], timeout: float
) -> Session:
    frames: list[list[str]] = []
    raw, decode = b"", _Decoder()
    limit = time.monotonic() + timeout
    while True:
        if time.monotonic() > limit:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            raise AssertionError(f"still running after {timeout} s; it shows:\n{screen.text}")
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not chunk:
            break
        raw += chunk
        screen.feed(decode(chunk))
        frames.append(screen.shown)
        if interrupt_at and interrupt_at in screen.text:
            os.write(terminal, b"\x03")
            interrupt_at = ""
        for question in [question for question in answers if question in screen.text]:
            os.write(terminal, answers.pop(question).encode() + b"\n")
    _, status = os.waitpid(process, 0)
    return Session(screen, frames, os.waitstatus_to_exitcode(status), raw.decode(errors="replace"))


class _Decoder:
    """Bytes to text; what is cut in the middle of a character or a control sequence waits for the rest."""

    def __init__(self) -> None:
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""

    def __call__(self, chunk: bytes) -> str:
        text = self._waiting + self._characters.decode(chunk)
        escape = text.rfind("\x1b")
        cut = escape if escape >= 0 and not re.match(r"\x1b\[[0-9;?]*[A-Za-z]", text[escape:]) else len(text)
        self._waiting = text[cut:]
        return text[:cut]
