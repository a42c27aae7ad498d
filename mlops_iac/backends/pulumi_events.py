"""Pulumi's engine events, as ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Literal

from mlops_iac.backends.pulumi_complaints import explain
from mlops_iac.core import urns
from mlops_iac.core.errors import Cancelled, MlopsError
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
from mlops_iac.engine.values import signatures

SAYING_NOTHING = frozenset({"update failed", "preview failed", "one or more resources failed to update"})
"""Errors by which the CLI ends what it has explained before."""


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

    def complaints(self) -> str:
        """All that the CLI called an error, each once."""
        said = (message for messages in self._errors.values() for message in messages)
        return "\n".join(message for message in dict.fromkeys(said) if message not in SAYING_NOTHING)

    def result(self, seconds: float, error: MlopsError | None, *, cancelled: bool = False) -> Result:
        """What it came to; a failed resource explains itself, so the CLI's long text is dropped then."""
        outcome: Literal["succeeded", "failed", "cancelled"] = "failed" if error or self._failures else "succeeded"
        if self._failures:
            self._tell_the_rest()
            error = None
        if cancelled and outcome == "failed":
            outcome, error = "cancelled", Cancelled("Cancelled.", "What was in flight is recorded.")
        self._on_event(Summary(changes=self._changes, seconds=seconds, outcome=outcome))
        return Result(
            steps=tuple(self._steps.values()), changes=self._changes, outputs=self._outputs, seconds=seconds,
            outcome=outcome, failures=tuple(self._failures), error=error, config=self._config,
        )  # fmt: skip

    def _tell_the_rest(self) -> None:
        """Errors of what did not fail as a step: the program that raised, a provider that would not start."""
        told = {failure.step.urn for failure in self._failures}
        for urn, messages in self._errors.items():
            for message in messages:
                if urn not in told and message not in SAYING_NOTHING:
                    self._on_event(Diagnostic(severity="error", message=message, urn=urn))

    def _begin(self, step: Step) -> None:
        self._started[step.urn] = time.monotonic()
        self._steps[(step.urn, step.op)] = step
        self._on_event(StepStarted(step=step))

    def _finish(self, step: Step) -> None:
        if step.type == urns.STACK_TYPE and step.new:
            self._outputs = step.new.get("outputs", {})
        self._steps.pop((step.urn, Op.REFRESH), None)  # the end of a refresh says what it came to
        self._steps[(step.urn, step.op)] = step
        self._on_event(StepDone(step=step, seconds=self._seconds(step)))

    def _fail(self, step: Step) -> None:
        self._steps.pop((step.urn, Op.REFRESH), None)
        reason = "\n".join(self._errors.get(step.urn, ["Pulumi gave no reason."]))
        error = explain(reason, "Cloud refused a request.", resource=step.name)
        failure = StepFailed(step=step, error=error, seconds=self._seconds(step))
        self._failures.append(failure)
        self._on_event(failure)

    def _diagnose(self, event: Any) -> None:
        severity = event.severity.removeprefix("info#").split("#")[0]
        if severity == "error":
            self._errors.setdefault(event.urn or "", []).append(event.message.strip())
        elif severity in ("info", "warning") and not event.ephemeral:
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
        custom=bool(state and state.custom) or metadata.type.startswith("pulumi:providers:"),
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
    return {name: masked(value) for name, value in fields.items() if value not in (None, "", {})}


def masked(value: Any) -> Any:
    """The value as steps show it: the CLI tells a secret as an object with a mark, here it is the word alone."""
    if isinstance(value, Mapping):
        if value.get(signatures.KEY) == signatures.SECRET:
            return "[secret]"
        return {key: masked(item) for key, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value


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
