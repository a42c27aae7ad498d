"""An operation while it goes: a live view on a terminal, one line per finished step elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mlops_iac.engine.event import Diagnostic, Event, Op, Step, StepDone, StepFailed, StepStarted
from mlops_iac.render.style import OP_STYLES, Style

DOING = {
    Op.CREATE: "creating",
    Op.CREATE_REPLACEMENT: "creating",
    Op.UPDATE: "updating",
    Op.DELETE: "deleting",
    Op.DELETE_REPLACED: "deleting",
    Op.REFRESH: "refreshing",
    Op.READ: "reading",
}


class Progress:
    """A context manager that takes events. ``write`` gets finished lines; the live line is redrawn in place."""

    def __init__(self, *, live: bool, color: bool, write: Callable[[str], object] = sys.stderr.write) -> None:
        self._live, self._style, self._write = live, Style(color), write
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Step, float]] = {}
        self._done = 0
        self._started = time.monotonic()
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._live:
            self._ticker = threading.Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._ticker:
            self._ticker.join()
            self._write("\r\033[K")

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event:
                case StepStarted(step=step) if step.custom and step.op in DOING:
                    self._running[step.urn] = (step, time.monotonic())
                case StepDone(step=step, seconds=seconds):
                    self._settle(step, seconds, failed=False)
                case StepFailed(step=step, seconds=seconds):
                    self._settle(step, seconds, failed=True)
                case Diagnostic(severity=severity, message=message) if severity in ("warning", "error", "info"):
                    self._line(f"  {self._style.paint(severity + ':', 'yellow')} {message}")

    def _settle(self, step: Step, seconds: float, *, failed: bool) -> None:
        self._running.pop(step.urn, None)
        if not step.custom or step.op not in DOING or step.type.startswith("pulumi:providers:"):
            return
        self._done += 1
        mark = self._style.paint(
            "!!" if failed else f"{step.op.mark:>2}", *(("red",) if failed else OP_STYLES[step.op])
        )
        took = self._style.paint(f"{seconds:5.1f} s", "dim")
        self._line(f"  {mark} {step.name:<40} {took}  {self._style.paint(step.type, 'dim')}")

    def _line(self, text: str) -> None:
        self._write(("\r\033[K" if self._live else "") + text + "\n")

    def _tick(self) -> None:
        while not self._stop.wait(0.1):
            with self._lock:
                self._write(f"\r\033[K{self._status()}")
                sys.stderr.flush()

    def _status(self) -> str:
        elapsed = time.monotonic() - self._started
        running = sorted(self._running.values(), key=lambda item: item[1])
        names = ", ".join(f"{DOING[step.op]} {step.name}" for step, _ in running[:2])
        more = f" and {len(running) - 2} more" if len(running) > 2 else ""
        return self._style.paint(f"  {self._done} done, {elapsed:.0f} s  {names}{more}"[:100], "dim")
