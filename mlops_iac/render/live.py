"""The live view: the tree of an operation, drawn in place on a terminal while it goes."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from mlops_iac.engine.event import Diagnostic, Event
from mlops_iac.render.escape import terminal
from mlops_iac.render.layout import TURNS_PER_SECOND, lay_out, lay_out_end, render_lines
from mlops_iac.render.plain import render_diagnostic
from mlops_iac.render.style import Style
from mlops_iac.render.tree import Tree

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


class LiveView:
    """A context manager that takes events. What people should keep is printed above the moving part, or at its end."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        self._tree, self._color = Tree(), color
        self._console = Console(
            file=stream, force_terminal=True, no_color=not color, markup=False, emoji=False, highlight=False
        )
        self._live = Live(
            _Picture(self._tree, color=color),
            console=self._console,
            refresh_per_second=TURNS_PER_SECOND,
            transient=True,
            # Stdout is data: it is drawn above the picture only when it goes to the same terminal.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the moving part away, whatever happened, and leave a line a layer."""
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
        from rich.text import Text

        self._console.print(Text.from_ansi(terminal(line, color=True)), soft_wrap=True)


class _Picture:
    """The tree as rich draws it: as many lines as the terminal has rows, none wider than it is."""

    def __init__(self, tree: Tree, *, color: bool) -> None:
        self._tree, self._color = tree, color

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        # One row stays free for the cursor, which would otherwise scroll the picture at every turn.
        lines = lay_out(self._tree.frame(), console.height - 1)
        for line in render_lines(lines, width=options.max_width - 1, color=self._color):
            yield Text.from_ansi(terminal(line, color=True), no_wrap=True, overflow="crop")
