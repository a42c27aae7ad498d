"""An operation while it goes: a live tree on a terminal, one line per finished step elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self, TextIO

from mlops_iac.engine.event import Event
from mlops_iac.render.escape import terminal
from mlops_iac.render.plain import PlainLog


class View(Protocol):
    """A context manager that takes the events of one operation."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, event: Event) -> None: ...


def open_view(stream: TextIO, *, live: bool, color: bool) -> View:
    """The view for a stream. The live one needs a terminal; the plain one writes whole lines and flushes each."""
    if live:
        from mlops_iac.render.live import LiveView

        return LiveView(stream, color=color)

    def write(text: str) -> None:
        stream.write(terminal(text, color=color))
        stream.flush()

    return PlainLog(write, color=color)
