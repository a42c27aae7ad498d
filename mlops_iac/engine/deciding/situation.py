"""What a rule looks at, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mlops_iac.engine.event import Op, PropertyDiff
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.state.record import Record


@dataclass(frozen=True, kw_only=True)
class Situation:
    goal: Goal
    old: Record | None = None
    """What is in state, under this URN or one of its aliases."""
    changes: Mapping[str, PropertyDiff] = field(default_factory=dict)
    """What differs between the inputs in state and the checked inputs."""
    forcing: frozenset[str] = frozenset()
    """Changed top-level inputs that cannot be changed in place, by the handler or by ``replaceOnChanges``."""
    asked_for: bool = False
    """The person wants it replaced (`--replace`)."""
    pulled_by: tuple[str, ...] = ()
    """What it is tied to and has changed: ``replaceWith``, ``replacementTrigger``."""
    moved: bool = False
    """Its provider points at another place than the one where it is: another region, another cluster."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    op: Op
    """SAME, CREATE, UPDATE, REPLACE or IMPORT."""
    reasons: tuple[str, ...] = ()
    """Why it is replaced: top-level inputs, or ``provider``."""


Rule = Callable[[Situation], Decision | None]
