"""Where words go: data to stdout, talk to stderr, colour only on a terminal (NO_COLOR and FORCE_COLOR are honoured)."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, TextIO


def has_color(stream: TextIO) -> bool:
    """True when the stream may be coloured: https://no-color.org and https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def is_live(stream: TextIO) -> bool:
    """True when what is shown may be redrawn in place: a terminal that can, with a person before it."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def width_of(stream: TextIO) -> int | None:
    """The columns of a terminal; None for anything else: what is piped or written to a file is never broken."""
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or None
    return None


def is_interactive() -> bool:
    """True when a person can be asked: both ends are terminals, and this is not CI."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


def show(text: str) -> None:
    """Data, to stdout."""
    write(sys.stdout, text if text.endswith("\n") or not text else text + "\n")


def show_bytes(data: bytes) -> None:
    """Data that is no text, to stdout as it is; on a terminal as text, since bytes there could steer it."""
    if sys.stdout.isatty():
        show(data.decode(errors="backslashreplace"))
        return
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def show_json(value: Any) -> None:
    """One JSON object, to stdout: strict, whatever the numbers in it are."""
    from mlops_iac.core.strict_json import write_json

    show(write_json(value, indent=2))


def say(text: str = "") -> None:
    """Talk, to stderr."""
    write(sys.stderr, text + "\n")


def write(stream: TextIO, text: str) -> None:
    """The way of every text to a terminal or a log: nothing in it may steer where it is shown."""
    from mlops_iac.render.escape import terminal

    stream.write(terminal(text, color=has_color(stream)))
    stream.flush()
