"""The plain log: a line for each step that is done, for pipes, files and CI."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from mlops_iac.engine.event import Diagnostic, Event, Op, Step, StepDone, StepFailed, StepStarted
from mlops_iac.render.style import OP_STYLES, Style
from mlops_iac.render.words import DOING

SEVERITY_STYLES = {"info": ("blue",), "warning": ("yellow",), "error": ("red", "bold")}
FOUND = {Op.DELETE: " is gone", Op.UPDATE: " was changed"}
"""What a refresh ahead of an `up` says of a resource; the changes of the `up` itself follow."""
REMIND_AFTER = (10.0, 30.0, 60.0)
"""Seconds after which a step that still goes is told of; then every minute, so that a log never looks dead."""


class PlainLog:
    """A context manager that takes events and writes lines. ``remind``: seconds between looks for slow steps."""

    def __init__(
        self,
        write: Callable[[str], object],
        *,
        color: bool = False,
        clock: Callable[[], float] = time.monotonic,
        remind: float = 1.0,
    ) -> None:
        self._write, self._style, self._clock, self._remind = write, Style(color), clock, remind
        self._lock = threading.Lock()
        self._running: dict[str, tuple[Step, float, float]] = {}
        self._stop = threading.Event()
        self._reminder: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._reminder = threading.Thread(target=self._keep_reminding, name="reminder", daemon=True)
        self._reminder.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._reminder:
            self._reminder.join()

    def __call__(self, event: Event) -> None:
        with self._lock:
            match event:
                case StepStarted(step=step) if _is_told(step):
                    self._running[step.urn] = (step, self._clock(), REMIND_AFTER[0])
                case StepDone(step=step, seconds=seconds, found=True):
                    self._settle(step, seconds, mark="·", what=FOUND.get(step.op, ""))
                case StepDone(step=step, seconds=seconds):
                    self._settle(step, seconds, mark=step.op.mark)
                case StepFailed(step=step, seconds=seconds):
                    self._settle(step, seconds, mark="!!")
                case Diagnostic(severity=severity) if severity != "debug":
                    self._write(f"{render_diagnostic(event, self._style)}\n")

    def remind(self) -> None:
        """Tell of what has been going on for long."""
        with self._lock:
            for urn, (step, since, due) in list(self._running.items()):
                age = self._clock() - since
                if age >= due:
                    self._write(f"   … {step.name:<40} {age:5.0f} s  still {DOING[step.op]} {step.type}\n")
                    self._running[urn] = (step, since, _next(age))

    def _settle(self, step: Step, seconds: float, *, mark: str, what: str = "") -> None:
        self._running.pop(step.urn, None)
        if not _is_told(step):
            return
        styles = {"!!": ("red",), "·": ("dim",)}.get(mark, OP_STYLES.get(step.op, ()))
        took = self._style.paint(f"{seconds:5.1f} s", "dim")
        kind = self._style.paint(step.type, "dim")
        self._write(f"  {self._style.paint(f'{mark:>2}', *styles)} {step.name:<40} {took}  {kind}{what}\n")

    def _keep_reminding(self) -> None:
        while not self._stop.wait(self._remind):
            self.remind()


def render_diagnostic(told: Diagnostic, style: Style) -> str:
    """``  warning: …``, further lines under the first."""
    message = told.message.strip().replace("\n", "\n    ")
    return f"  {style.paint(f'{told.severity}:', *SEVERITY_STYLES.get(told.severity, ()))} {message}"


def _is_told(step: Step) -> bool:
    # A replacement is told in its parts, each of which takes time; the step that sums it up takes none.
    quiet = step.op in (Op.SAME, Op.REPLACE)
    return step.custom and not quiet and not step.type.startswith("pulumi:providers:")


def _next(age: float) -> float:
    return next((limit for limit in REMIND_AFTER if limit > age), age - age % 60 + 60)
