"""One preview, up, refresh or destroy while it goes: what it tells, what it counts, and whether it is to stop."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

from mlops_iac.core.errors import Cancelled, CloudError, MlopsError
from mlops_iac.engine import event
from mlops_iac.engine.deciding.expecting import Expected
from mlops_iac.engine.deciding.options import DEFAULTS, Options
from mlops_iac.engine.deciding.selection import EVERYTHING, Selection
from mlops_iac.engine.doing.retrying import LIMITS, Patience
from mlops_iac.engine.event import Diagnostic, OnEvent, Op, Result, Step, StepDone, StepFailed, StepStarted, Summary
from mlops_iac.engine.handler import Provider
from mlops_iac.engine.program.hooks import Hooks
from mlops_iac.engine.state.journal import Journal
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.snapshot import Snapshot
from mlops_iac.engine.state.state_file import record_json, show


class Operation:
    """Shared by everything that takes part. All methods may be called from any thread."""

    def __init__(
        self,
        *,
        project: str,
        stack: str,
        provider: Provider,
        snapshot: Snapshot,
        journal: Journal | None,
        on_event: OnEvent,
        config: Mapping[str, str],
        secret_config: frozenset[str] = frozenset(),
        before: Callable[[], object] | None = None,
        options: Options = DEFAULTS,
        limits: Mapping[Any, float] = LIMITS,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        self.project, self.stack, self.provider = project, stack, provider
        self.snapshot, self.journal = snapshot, journal
        self.config, self.secret_config = config, secret_config
        self.options, self.limits, self.patience = options, limits, patience
        self.selection: Selection = EVERYTHING
        """What is touched; narrowed once what there is to choose from is known."""
        self.expected: Expected | None = None
        """The plan that is being carried out."""
        self.outputs_of: Callable[[str, str], Mapping[str, Any]] | None = None
        """Project and stack to what that stack exports."""
        self.cancelled = threading.Event()
        self.failures: list[StepFailed] = []
        self.error: Exception | None = None
        self.broken: Exception | None = None
        """What went wrong with the operation itself, not with one of its steps: nothing more is started."""
        self.hooks = Hooks(tell=lambda message, urn: self.tell("warning", message, urn))
        self.began = time.time()
        self.shown_config = {key: "[secret]" if key in secret_config else value for key, value in config.items()}
        self._steps: list[Step] = []
        self._changes: Counter[str] = Counter()
        self._left: dict[str, None] = {}
        self._on_event = on_event
        self._lock = threading.RLock()
        self._before = _Once(before)
        self._in_flight = 0
        self._was_finished = False
        """Whether a call that was in flight when the person said stop has come to its end."""
        self.rehearsal: Callable[[], object] = lambda: None
        """Called before each change; it raises when the first one may not begin."""
        self.is_refused = False
        """Nothing was changed, because the first change was forbidden."""
        self._clock = time.monotonic()
        self._emit(event.Prelude(config=self.shown_config))

    @property
    def dry(self) -> bool:
        """A preview: nothing is written and no cloud is asked."""
        return self.journal is None

    @property
    def keeps_plans(self) -> bool:
        """A preview that is to be saved."""
        return self.dry and self.expected is None and self.options.plan is not None

    @property
    def stopped(self) -> bool:
        """Nothing more is to be started: the person said so, or something failed. A preview goes on: it tells all."""
        failed = bool(self.failures) and not self.options.continue_on_error and not self.dry
        return failed or self.broken is not None or self.cancelled.is_set()

    @property
    def must_journal(self) -> Journal:
        if self.journal is None:
            raise AssertionError("a preview has no journal")
        return self.journal

    def begin(self, step: Step) -> float:
        """Tell that a step starts; answers the time, for `done` and `failed`."""
        with self._lock:
            if not _is_default_provider(step):
                self._steps.append(step)
            self._emit(StepStarted(step=step))
        return time.monotonic()

    def look(self, step: Step) -> float:
        """Tell that a step starts of which only its end says what it was (`found`, or `failed`)."""
        with self._lock:
            self._emit(StepStarted(step=step))
        return time.monotonic()

    def found(self, step: Step, began: float, *, counted: bool) -> None:
        """The end of a look. ``counted`` is False when it only prepares what the operation is about."""
        with self._lock:
            if counted:
                self._steps.append(step)
                self._changes[str(step.op)] += 1
            self._emit(StepDone(step=step, seconds=time.monotonic() - began, found=not counted))

    def done(self, step: Step, began: float) -> None:
        with self._lock:
            if step.logical and step.op is not Op.READ and not _is_default_provider(step):
                self._changes[str(step.op)] += 1
            self._emit(StepDone(step=step, seconds=time.monotonic() - began))

    def failed(self, step: Step, error: Exception, began: float) -> None:
        with self._lock:
            failure = StepFailed(step=step, error=error, seconds=time.monotonic() - began)
            self.failures.append(failure)
            self._emit(failure)

    def leave(self, urn: str) -> None:
        """A resource that is not tried, because something failed before it or the person said stop."""
        with self._lock:
            self._left[urn] = None

    def told(self, step: Step) -> None:
        """A step that is only told: it has no duration of its own."""
        self.done(step, self.begin(step))

    def tell(self, severity: Literal["debug", "info", "warning", "error"], message: str, urn: str = "") -> None:
        with self._lock:
            self._emit(Diagnostic(severity=severity, message=message, urn=urn))

    def tell_stopping(self) -> None:
        """After a first Ctrl-C: what happens now, and what a second one would do."""
        said = "what is in flight is finished and recorded. Ctrl-C again stops at once and leaves it unknown."
        self.tell(
            "info", f"Stopping: {said if self._in_flight else 'nothing is in flight, and nothing more is begun.'}"
        )

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Around what must not keep the rest from being recorded: an error becomes the operation's own."""
        try:
            yield
        except Exception as error:
            self.broke(error)

    def broke(self, error: Exception) -> None:
        with self._lock:
            self.broken = self.broken or error
            self.error = self.error or error

    def before_change(self) -> None:
        """Before anything is changed, in the cloud or in the state. Raises what forbids it, and stops the operation."""
        if self.dry:
            return
        try:
            self.rehearsal()
        except Exception as error:
            self.is_refused = True
            self.broke(error)
            raise

    def before_call(self) -> None:
        """See to what must be there before the first call that reaches the cloud."""
        self._before()

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Around every call that reaches the cloud: what must be there before the first one is seen to."""
        self.before_call()
        with self._lock:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1
                self._was_finished = self._was_finished or self.cancelled.is_set()

    def result(self, outputs: Mapping[str, Any]) -> Result:
        """Close the operation and tell how it ended."""
        error = self.error
        if self.dry and self.failures and error is None:
            error = _together([failure.error for failure in self.failures])
        outcome: Literal["succeeded", "failed", "cancelled"] = "succeeded"
        if self.cancelled.is_set():
            outcome, error = "cancelled", error or Cancelled("Cancelled.", self._kept())
        elif self.failures or error:
            outcome = "failed"
        seconds = time.monotonic() - self._clock
        self._emit(Summary(changes=dict(self._changes), seconds=seconds, outcome=outcome))
        return Result(
            steps=tuple(self._steps),
            changes=dict(self._changes),
            outputs=outputs,
            seconds=seconds,
            outcome=outcome,
            failures=tuple(self.failures),
            error=error,
            config=self.shown_config,
            left=tuple(self._left),
        )

    def _kept(self) -> str:
        """What is true after a stop."""
        if self._was_finished and not self.dry:
            return "What was in flight is finished and recorded."
        changed = not self.dry and any(count for op, count in self._changes.items() if op != Op.SAME)
        return "Nothing was in flight. What was done before is recorded." if changed else "Nothing was changed."

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self._steps)

    @property
    def changes(self) -> dict[str, int]:
        return dict(self._changes)

    def _emit(self, told: event.Event) -> None:
        self._on_event(told)


class _Once:
    """Calls a function the first time, from whichever thread comes first; the others wait for it."""

    def __init__(self, function: Callable[[], object] | None) -> None:
        self._function, self._lock = function, threading.Lock()

    def __call__(self) -> None:
        if self._function is None:
            return
        with self._lock:
            if self._function is not None:
                self._function()
                self._function = None


def make_step(
    op: Op, *, old: Record | None = None, new: Record | None = None, logical: bool = True, **more: Any
) -> Step:
    """A step between two records, either of which may be absent, as people are shown it."""
    record = new or old
    if record is None:
        raise ValueError("a step is about a resource")
    return Step(
        op=op,
        urn=record.urn,
        type=record.type,
        name=record.name,
        parent=record.parent,
        provider=record.provider,
        custom=record.custom,
        logical=logical,
        old=record_json(old, show) if old else None,
        new=record_json(new, show) if new else None,
        **more,
    )


def now_is(step: Step, record: Record) -> Step:
    """The same step once it is done: with the id and the outputs that the resource got."""
    return replace(step, new=record_json(record, show))


def _is_default_provider(step: Step) -> bool:
    return step.type.startswith("pulumi:providers:") and step.name.startswith("default")


def _together(errors: list[Exception]) -> Exception:
    """Several errors as one, when they are of the kind that speaks for itself. What is said twice is said once."""
    known = [error for error in errors if isinstance(error, MlopsError)]
    if len(errors) == 1 or len(known) != len(errors):
        return next((error for error in errors if not isinstance(error, MlopsError)), errors[0])
    problems = dict.fromkeys(problem for error in known for problem in error.problems)
    return _common_kind(known).of(problems)


def _common_kind(errors: list[MlopsError]) -> type[MlopsError]:
    """The nearest class of all of them that is made from a summary alone."""
    plain = (MlopsError.__init__, CloudError.__init__)
    for kind in type(errors[0]).__mro__:
        if issubclass(kind, MlopsError) and kind.__init__ in plain and all(isinstance(one, kind) for one in errors):
            return kind
    return MlopsError
