"""What an operation tells while it goes: one stream behind the live view, the plain log and ``--json``.

The kinds and their words are Pulumi's (preludeEvent, resourcePreEvent, resOutputsEvent, resOpFailedEvent,
diagnosticEvent, summaryEvent).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Op(StrEnum):
    """Pulumi's words for what a step does."""

    SAME = "same"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    CREATE_REPLACEMENT = "create-replacement"
    DELETE_REPLACED = "delete-replaced"
    READ = "read"
    READ_REPLACEMENT = "read-replacement"
    DISCARD = "discard"
    """Forget what was read and never owned."""
    DISCARD_REPLACED = "discard-replaced"
    REFRESH = "refresh"
    REMOVE_PENDING_REPLACE = "remove-pending-replace"
    IMPORT = "import"
    IMPORT_REPLACEMENT = "import-replacement"

    @property
    def mark(self) -> str:
        return _MARKS[self]


_MARKS = {
    Op.SAME: " ",
    Op.CREATE: "+",
    Op.UPDATE: "~",
    Op.DELETE: "-",
    Op.REPLACE: "+-",
    Op.CREATE_REPLACEMENT: "++",
    Op.DELETE_REPLACED: "--",
    Op.READ: ">",
    Op.READ_REPLACEMENT: ">>",
    Op.DISCARD: "<",
    Op.DISCARD_REPLACED: "<<",
    Op.REFRESH: "~",
    Op.REMOVE_PENDING_REPLACE: "~",
    Op.IMPORT: "=",
    Op.IMPORT_REPLACEMENT: "=>",
}


@dataclass(frozen=True, kw_only=True)
class PropertyDiff:
    kind: Literal["add", "delete", "update", "add-replace", "delete-replace", "update-replace"]
    old: Any = None
    new: Any = None
    """Old and new are for people: secrets are already `Secret`, unknowns are `UNKNOWN`."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One decided step, as it is shown. ``old`` and ``new`` have the shape of a resource in Pulumi's checkpoint,
    with secrets shown as ``[secret]``."""

    op: Op
    urn: str
    type: str
    name: str
    parent: str | None = None
    provider: str | None = None
    custom: bool = True
    logical: bool = True
    old: Mapping[str, Any] | None = None
    new: Mapping[str, Any] | None = None
    diff: Mapping[str, PropertyDiff] = field(default_factory=dict)
    """Property path to what changes."""
    replace_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Prelude:
    config: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class StepStarted:
    step: Step


@dataclass(frozen=True, kw_only=True)
class StepDone:
    step: Step
    seconds: float
    found: bool = False
    """A refresh ahead of the operation proper: the step says what was found, and nothing was done."""


@dataclass(frozen=True, kw_only=True)
class StepFailed:
    step: Step
    error: Exception
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    severity: Literal["debug", "info", "warning", "error"]
    message: str
    urn: str = ""


@dataclass(frozen=True, kw_only=True)
class Summary:
    changes: Mapping[str, int]
    """Op to count, default providers not counted: ``{"create": 6}``."""
    seconds: float
    outcome: Literal["succeeded", "failed", "cancelled"]


Event = Prelude | StepStarted | StepDone | StepFailed | Diagnostic | Summary
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """For who does not watch."""


def has_changes(changes: Mapping[str, int]) -> bool:
    """Whether these counts tell of anything but looking."""
    return any(count for op, count in changes.items() if op not in ("same", "read"))


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an operation came to."""

    steps: tuple[Step, ...]
    changes: Mapping[str, int]
    outputs: Mapping[str, Any]
    """The stack's outputs; secrets are `Secret`."""
    seconds: float
    outcome: Literal["succeeded", "failed", "cancelled"] = "succeeded"
    failures: tuple[StepFailed, ...] = ()
    error: Exception | None = None
    """What stopped the operation when it was not a step: the program raised, the state could not be saved."""
    config: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    """URNs of resources that were not tried, because something failed before it or the person said stop."""
    policy: Any = None
    """What policies say of it (`mlops_iac.policy.Report`), which no engine reads; None where none were asked."""

    @property
    def changed(self) -> bool:
        return has_changes(self.changes)
