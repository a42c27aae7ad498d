"""The live view: the tree of an operation, drawn in place on a terminal while it goes."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any, Self, TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from mlops_iac.engine.event import Diagnostic, Event
from mlops_iac.render.escape import terminal
from mlops_iac.render.layout import TURNS_PER_SECOND, lay_out, lay_out_end, render_lines
from mlops_iac.render.plain import render_diagnostic
from mlops_iac.render.style import Style
from mlops_iac.render.tree import Tree


class LiveView:
    """A context manager that takes events. What people should keep is printed above the moving part, or at its end."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        self._tree, self._color, self._ended = Tree(), color, threading.Event()
        self._console = _OneAtATime(
            file=stream, force_terminal=True, no_color=not color, markup=False, emoji=False, highlight=False
        )
        self._live = Live(
            _Picture(self._tree, color=color),
            console=self._console,
            auto_refresh=False,
            transient=True,
            # Stdout is data: it is drawn above the picture only when it goes to the same terminal.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )
        self._turning = threading.Thread(target=self._turn, name="live view", daemon=True)

    def __enter__(self) -> Self:
        with self._console.drawing:
            self._live.start(refresh=True)
        self._turning.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the moving part away, whatever happened, and leave a line a layer."""
        self._ended.set()
        with self._console.drawing:
            self._live.stop()
        lines = lay_out_end(self._tree.frame())
        for line in render_lines(lines, width=self._console.width, color=self._color):
            self._write(line)
        if lines:
            self._write("")

    def __call__(self, event: Event) -> None:
        if isinstance(event, Diagnostic):
            if event.severity != "debug":
                self._write(render_diagnostic(event, Style(self._color)))
            return
        self._tree(event)

    def _write(self, line: str) -> None:
        self._console.print(Text.from_ansi(terminal(line, color=True)), soft_wrap=True)

    def _turn(self) -> None:
        while not self._ended.wait(1 / TURNS_PER_SECOND):
            with self._console.drawing:
                if not self._ended.is_set():
                    self._live.refresh()


class _OneAtATime(Console):
    """Rich reckons how far up the last picture begins, and writes later, with no lock over both: what another thread
    prints in between, a warning or the answer to Ctrl-C, would leave that thread's picture standing."""

    def __init__(self, **settings: Any) -> None:
        self.drawing = threading.RLock()
        super().__init__(**settings)

    def print(self, *objects: Any, **how: Any) -> None:
        with self.drawing:
            super().print(*objects, **how)


class _Picture:
    """The tree as rich draws it: as many lines as the terminal has rows, none wider than it is."""

    def __init__(self, tree: Tree, *, color: bool) -> None:
        self._tree, self._color = tree, color

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # One row stays free for the cursor, which would otherwise scroll the picture at every turn.
        lines = lay_out(self._tree.frame(), console.height - 1)
        for line in render_lines(lines, width=options.max_width - 1, color=self._color):
            yield Text.from_ansi(terminal(line, color=True), no_wrap=True, overflow="crop")
