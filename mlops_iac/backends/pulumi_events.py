"""Pulumi's engine events, as ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Literal

from mlops_iac.core import urns
from mlops_iac.core.errors import CloudError, MlopsError
from mlops_iac.engine.event import (
    Diagnostic,
    OnEvent,
    Op,
    PropertyDiff,
    Result,
    Step,
    StepDone,
    StepFailed,
    StepStarted,
    Summary,
)


class Recorder:
    """Takes the Automation API's events as they come, passes them on as ours, and adds them up to a Result."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._lock = threading.Lock()
        self._started: dict[str, float] = {}
        self._steps: dict[tuple[str, str], Step] = {}
        self._failures: list[StepFailed] = []
        self._errors: dict[str, list[str]] = {}
        self._outputs: Mapping[str, Any] = {}
        self._changes: Mapping[str, int] = {}
        self._config: Mapping[str, str] = {}

    def __call__(self, event: Any) -> None:
        with self._lock:
            if event.prelude_event:
                self._config = dict(event.prelude_event.config)
            elif event.resource_pre_event:
                self._begin(step_from(event.resource_pre_event.metadata))
            elif event.res_outputs_event:
                self._finish(step_from(event.res_outputs_event.metadata))
            elif event.res_op_failed_event:
                self._fail(step_from(event.res_op_failed_event.metadata))
            elif event.diagnostic_event:
                self._diagnose(event.diagnostic_event)
            elif event.summary_event:
                self._changes = {
                    str(getattr(op, "value", op)): n for op, n in event.summary_event.resource_changes.items()
                }

    def result(self, seconds: float, error: MlopsError | None) -> Result:
        """What it came to; a failed resource explains itself, so the CLI's long text is dropped then."""
        outcome: Literal["succeeded", "failed"] = "failed" if error or self._failures else "succeeded"
        self._on_event(Summary(changes=self._changes, seconds=seconds, outcome=outcome))
        return Result(
            steps=tuple(self._steps.values()), changes=self._changes, outputs=self._outputs, seconds=seconds,
            outcome=outcome, failures=tuple(self._failures), error=None if self._failures else error,
            config=self._config,
        )  # fmt: skip

    def _begin(self, step: Step) -> None:
        self._started[step.urn] = time.monotonic()
        self._steps[(step.urn, step.op)] = step
        self._on_event(StepStarted(step=step))

    def _finish(self, step: Step) -> None:
        if step.type == urns.STACK_TYPE and step.new:
            self._outputs = step.new.get("outputs", {})
        self._steps[(step.urn, step.op)] = step
        self._on_event(StepDone(step=step, seconds=self._seconds(step)))

    def _fail(self, step: Step) -> None:
        reason = "\n".join(self._errors.get(step.urn, ["Pulumi gave no reason."]))
        error = CloudError("Cloud refused a request.", reason, resource=step.name)
        failure = StepFailed(step=step, error=error, seconds=self._seconds(step))
        self._failures.append(failure)
        self._on_event(failure)

    def _diagnose(self, event: Any) -> None:
        severity = event.severity.removeprefix("info#").split("#")[0]
        if severity == "error" and event.urn:
            self._errors.setdefault(event.urn, []).append(event.message.strip())
        elif severity in ("info", "warning", "error") and not event.ephemeral:
            self._on_event(Diagnostic(severity=severity, message=event.message.strip(), urn=event.urn or ""))

    def _seconds(self, step: Step) -> float:
        return time.monotonic() - self._started.get(step.urn, time.monotonic())


def step_from(metadata: Any) -> Step:
    """One of Pulumi's steps as ours."""
    new, old = metadata.new, metadata.old
    state = new or old
    before, after = (old.inputs if old else {}) or {}, (new.inputs if new else {}) or {}
    return Step(
        op=Op(metadata.op.value) if metadata.op.value in Op._value2member_map_ else Op.SAME,
        urn=metadata.urn,
        type=metadata.type,
        name=urns.parse(metadata.urn).name,
        parent=(state.parent or None) if state else None,
        provider=metadata.provider or None,
        custom=bool(state.custom) if state and state.custom is not None else "::pulumi:pulumi:" not in metadata.urn,
        old=state_from(old),
        new=state_from(new),
        diff={
            path: PropertyDiff(kind=diff.diff_kind.value, old=value_at(before, path), new=value_at(after, path))
            for path, diff in (metadata.detailed_diff or {}).items()
        },
        replace_reasons=tuple(metadata.keys or ()),
    )


def state_from(state: Any) -> dict[str, Any] | None:
    if state is None:
        return None
    names = ("urn", "custom", "delete", "id", "type", "inputs", "outputs", "parent", "protect", "provider")
    fields = {name: getattr(state, name, None) for name in names}
    return {name: value for name, value in fields.items() if value not in (None, "", {})}


def value_at(values: Any, path: str) -> Any:
    """The value at Pulumi's property path (``tags.team``, ``rules[0].id``); None when there is none."""
    for part in path.replace("[", ".").replace("]", "").split("."):
        if isinstance(values, Mapping):
            values = values.get(part.strip('"'))
        elif isinstance(values, list) and part.isdigit() and int(part) < len(values):
            values = values[int(part)]
        else:
            return None
    return values
