"""A run as text: its steps while it goes, and how it ended."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from mlops_iac.render.escape import terminal
from mlops_iac.render.style import Style
from mlops_iac.runs.causes import find_cause, headline

if TYPE_CHECKING:
    from mlops_iac.runs.run import Run, StepRun, Verdict
    from mlops_iac.runs.serving import Behind

STATUS_STYLES = {
    "succeeded": ("green",),
    "running": ("blue",),
    "refused": ("yellow",),
    "failed": ("red",),
    "timed-out": ("red",),
    "stopped": ("yellow",),
    "waiting": ("dim",),
    "skipped": ("dim",),
    "reused": ("green",),
}


_CLEAR = "\r\033[K"
"""To the start of the line, and clear it."""

NARROWEST = 12
"""Characters of a column of names, however short they are."""

EVERY = 60.0
"""Seconds between two lines about a step that still runs, where nothing is redrawn."""


class RunView:
    """Shows steps as they end, one line each; on a terminal also a line that says what is running, redrawn in place."""

    def __init__(self, *, live: bool, color: bool, stream: TextIO | None = None, steps: Iterable[str] = ()) -> None:
        """``steps``: the names of all that may be told, so that one stands below the other."""
        self._live, self._style, self._stream = live, Style(color), stream or sys.stderr
        self._width = column(steps)
        self._lock = threading.Lock()
        self._current: StepRun | None = None
        self._since = time.monotonic()
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._ticker = threading.Thread(target=self._tick if self._live else self._remind, daemon=True)
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._ticker:
            self._ticker.join()
        if self._live:
            self._write("", redraw=True)

    def step(self, step: StepRun) -> None:
        """A step has a new status."""
        with self._lock:
            if step.status == "running":
                self._current, self._since = step, time.monotonic() - (step.seconds or 0)
                if step.attempts > 1:
                    self._line(f"  {step.name:<{self._width}} failed, and is tried again: attempt {step.attempts}")
                return
            self._current = None
            self._line(render_step(step, self._style, self._width, taken_over(step)))

    def text(self, text: str) -> None:
        """A line of a job's log."""
        with self._lock:
            self._line(text)

    def _line(self, text: str) -> None:
        self._write(text + "\n", redraw=self._live)

    def _tick(self) -> None:
        while not self._stop.wait(0.1):
            with self._lock:
                if self._current is not None:
                    seconds = time.monotonic() - self._since
                    running = self._style.paint(f"running {seconds:5.1f} s", "blue")
                    self._write(f"  {self._current.name:<{self._width}} {running}", redraw=True)

    def _remind(self) -> None:
        """A log that is not looked at while it grows has a line for each step; a long one is told of every minute."""
        while not self._stop.wait(EVERY):
            with self._lock:
                if self._current is not None and time.monotonic() - self._since >= EVERY:
                    seconds = time.monotonic() - self._since
                    self._line(f"  {self._current.name:<{self._width}} running   {seconds:6.0f} s")

    def _write(self, text: str, *, redraw: bool) -> None:
        """The text; with ``redraw`` in the place of the line that the cursor is on."""
        self._stream.write((_CLEAR if redraw else "") + terminal(text, color=self._style.color))
        self._stream.flush()


def column(names: Iterable[str]) -> int:
    """How wide a column of names is."""
    return max(NARROWEST, *map(len, names), 0)


def render_step(step: StepRun, style: Style, width: int, why: str = "") -> str:
    """One line; ``why`` it failed, where nothing below says so."""
    status = style.paint(f"{step.status:<9}", *STATUS_STYLES[step.status])
    took = style.paint(f"{step.seconds:6.1f} s", "dim") if step.seconds is not None else " " * 8
    attempt = f", attempt {step.attempts}" if step.attempts > 1 else ""
    return (
        f"  {step.name:<{width}} {status} {took}  {why[:160] or style.paint(f'{step.kind}{attempt}', 'dim')}".rstrip()
    )


def remark(run: Run, step: StepRun) -> str:
    """What is to be said of a step beside its status: why it failed, what a person said or is asked."""
    if step.status == "failed" or (step.status == "timed-out" and step.kind != "approval"):
        return find_cause(run, step).words
    return str(step.answer or "") or open_question(run, step) or taken_over(step)


def taken_over(step: StepRun) -> str:
    """Whose work a step's is, where it is that of a run before."""
    return f"from run {step.reused_from}" if step.reused_from else ""


def open_question(run: Run, step: StepRun) -> str:
    """How to answer a step that waits for a person; empty for any other."""
    if step.kind != "approval" or step.status != "running":
        return ""
    return f"waits for a person: mlops-iac approve {run.stack} {run.id}, or reject"


def render_trials(step: StepRun, style: Style) -> Iterable[str]:
    """A line for each training of a step that tunes."""
    for number, trial in enumerate(step.trials, 1):
        status = style.paint(f"{trial.status:<9}", *STATUS_STYLES[trial.status])
        values = "  ".join(f"{name}={value}" for name, value in trial.hyperparameters.items())
        objective = "" if trial.objective is None else f"{trial.metric} {trial.objective:.4g}"
        best = style.paint("best", "green") if trial.best else ""
        yield f"    {number:>4}       {status} {objective:<18} {values}  {best or headline(trial.reason)[:80]}".rstrip()


def render_metrics(metrics: Mapping[str, float]) -> str:
    """``auc 0.9975  accuracy 0.986``"""
    return "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())


def render_run(run: Run, *, color: bool, steps: bool = True, more: Iterable[tuple[str, str]] = ()) -> str:
    """A run in full; without its ``steps`` when they were told one by one. ``more`` is told behind its own facts."""
    style = Style(color)
    status = style.paint(run.status, *STATUS_STYLES[run.status])
    head = f"Run {style.paint(run.id, 'bold')} of {run.pipeline}: {status}"
    lines = [f"{head}, {'took' if run.is_over else 'for'} {render_seconds(run.seconds)}", ""]
    if steps:
        width = column(step.name for step in run.steps)
        for step in run.steps:
            lines += [render_step(step, style, width, remark(run, step)), *render_trials(step, style)]
        lines.append("")
    lines += [f"  {name:<15} {value}" for name, value in (*facts(run), *more)]
    return "\n".join(lines).rstrip() + "\n"


def facts(run: Run) -> Iterable[tuple[str, str]]:
    yield "started", run.started.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    yield "code", run.code
    for name, value in run.parameters.items():
        shown = ", ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, Mapping) else value
        yield name, str(shown) if shown != "" else "none"
    if run.metrics:
        yield "metrics", render_metrics(run.metrics)
    if run.gate is not None:
        yield from gate_facts(run.gate)
    if run.model_package_arn:
        yield "model", run.model_package_arn
    failed = run.failed_step
    if failed is not None and run.gate is None:
        remedy = find_cause(run, failed).remedy
        yield from [("to do", remedy)] if remedy else []
    elif run.error and run.gate is None:
        yield "error", headline(run.error)


def gate_facts(gate: Verdict) -> Iterable[tuple[str, str]]:
    """What a gate said: one line for each condition, those that were refused first."""
    said = {True: "passed", False: "refused"}
    if not gate.conditions:
        yield "gate", str(gate)
    kept = [one for one in gate.conditions if one.passed]
    lines = dict.fromkeys(f"{said[one.passed]}: {one}" for one in (*gate.failed, *kept))
    yield from zip(itertools.chain(["gate"], itertools.repeat("")), lines, strict=False)


def render_runs(runs: Iterable[Run], *, behind: Mapping[str, Behind] | None = None, color: bool) -> str:
    """One line per run, newest first. Those whose model is ``behind`` an endpoint say how."""
    style, found = Style(color), tuple(runs)
    width = column(run.pipeline for run in found)
    lines = [style.paint(f"{'RUN':<20} {'PIPELINE':<{width}} {'STATUS':<10} {'TOOK':>8}  METRICS", "dim")]
    for run in found:
        status = style.paint(f"{run.status:<10}", *STATUS_STYLES[run.status])
        words = behind[run.id].words if behind and run.id in behind else ()
        serves = [style.paint(word, "bold") for word in words]
        shown = "  ".join([*filter(None, [render_metrics(run.metrics)]), *serves])
        lines.append(
            f"{run.id:<20} {run.pipeline:<{width}} {status} {render_seconds(run.seconds):>8}  {shown}".rstrip()
        )
    return "\n".join(lines) + "\n"


def render_seconds(seconds: float) -> str:
    """``41 s``, ``3 min 5 s``, ``2 h 10 min``"""
    whole = round(seconds)
    if whole < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
