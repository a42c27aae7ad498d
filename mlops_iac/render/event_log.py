"""The events of an operation as Pulumi's engine events, a line of JSON each: what ``--event-log`` writes.

The shapes are Pulumi's (pulumi/pulumi, ``sdk/go/common/apitype/events.go``; held to a recorded log), so that what reads
the log of ``pulumi up --event-log`` reads ours. Secrets are ``[secret]``.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from mlops_iac.core.errors import UsageError
from mlops_iac.core.strict_json import write_json
from mlops_iac.engine.event import (
    Diagnostic,
    Event,
    OnEvent,
    Prelude,
    Step,
    StepDone,
    StepFailed,
    StepStarted,
    Summary,
)
from mlops_iac.render.pulumi_json import plain, reasons

_STATE_KEYS = (
    "type", "urn", "custom", "delete", "id", "parent", "protect", "retainOnDelete", "inputs", "outputs", "provider",
)  # fmt: skip
_ALWAYS: Mapping[str, Any] = {"id": "", "parent": "", "inputs": {}, "outputs": {}, "provider": ""}
"""What a state in an event has even when it is empty; the other keys are left out then."""


@contextmanager
def log_events(path: Path | None, *, preview: bool = False, further: bool = False) -> Iterator[OnEvent]:
    """Write events to a file, readable by this person only, while the block runs; without a path, nowhere.

    ``further`` goes on below what the file has: one command may need several operations. Raises UsageError when the
    file cannot be written.
    """
    if path is None:
        yield lambda event: None
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | (os.O_APPEND if further else os.O_TRUNC), 0o600)
        os.fchmod(descriptor, 0o600)  # of a file that was there before, too
    except OSError as error:
        raise UsageError(
            "The event log cannot be written.", f"{path}: {error.strerror}.", hint="name a file in a folder of yours."
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        log = EventLog(file, preview=preview)
        yield log
        log.close()


class EventLog:
    """Takes events from any thread and writes each as it comes, so that the log tells how far a crash got."""

    def __init__(self, file: TextIO, *, preview: bool = False, clock: Callable[[], float] = time.time) -> None:
        self._file, self._preview, self._clock = file, preview, clock
        self._lock = threading.Lock()
        self._sequence = 0

    def __call__(self, event: Event) -> None:
        for body in engine_events(event, preview=self._preview):
            self._write(body)

    def close(self) -> None:
        """The last event of every log."""
        self._write({"cancelEvent": {}})

    def _write(self, body: Mapping[str, Any]) -> None:
        with self._lock:
            line = {"sequence": self._sequence, "timestamp": int(self._clock()), **body}
            self._file.write(write_json(line) + "\n")
            self._file.flush()
            self._sequence += 1


def engine_events(event: Event, *, preview: bool = False) -> list[dict[str, Any]]:
    """One event of ours as Pulumi's engine would tell it: a failure is told in words first, then as an event."""
    match event:
        case Prelude(config=config):
            return [{"preludeEvent": {"config": dict(config)}}]
        case StepStarted(step=step):
            return [{"resourcePreEvent": {"metadata": metadata(step), **({"planning": True} if preview else {})}}]
        case StepDone(step=step):
            return [{"resOutputsEvent": {"metadata": metadata(step), **({"planning": True} if preview else {})}}]
        case StepFailed(step=step, error=error):
            told = _diagnostic("error", f"{error}\n", step.urn)
            return [told, {"resOpFailedEvent": {"metadata": metadata(step), "status": 0, "steps": 0}}]
        case Diagnostic(severity=severity, message=message, urn=urn):
            return [_diagnostic(severity, f"{message}\n", urn)]
        case Summary(changes=changes, seconds=seconds, outcome=outcome):
            body = {
                "maybeCorrupt": False,
                "durationSeconds": int(seconds),
                "resourceChanges": dict(changes),
                "PolicyPacks": {},
                "isPreview": preview,
                "result": outcome if outcome != "cancelled" else "failed",
            }
            return [{"summaryEvent": body}]


def metadata(step: Step) -> dict[str, Any]:
    """Pulumi's StepEventMetadata."""
    body: dict[str, Any] = {
        "op": str(step.op),
        "urn": step.urn,
        "type": step.type,
        "old": _state(step, step.old),
        "new": _state(step, step.new),
    }
    if step.replace_reasons:
        body["keys"] = list(step.replace_reasons)
    if step.diff:
        body["diffs"] = reasons(step)
    body["detailedDiff"] = (
        {path: {"diffKind": change.kind, "inputDiff": True} for path, change in step.diff.items()}
        if step.diff
        else None
    )
    return {**body, "logical": step.logical, "provider": step.provider or ""}


def _state(step: Step, state: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Pulumi's StepEventStateMetadata: less than the checkpoint has."""
    if state is None:
        return None
    whole = {"urn": step.urn, "type": step.type, **_ALWAYS, **plain(state)}
    return {key: whole[key] for key in _STATE_KEYS if key in _ALWAYS or whole.get(key)}


def _diagnostic(severity: str, message: str, urn: str) -> dict[str, Any]:
    body = {"urn": urn, "message": message, "color": "never", "severity": severity}
    return {"diagnosticEvent": {key: value for key, value in body.items() if value}}
