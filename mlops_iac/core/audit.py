"""Who did what to an environment, when and why: one event, and where the environment's own log of them lies.

The log is a folder of the lake. The bucket's policy lets nobody delete in that folder, nor write an object that exists:
whoever may write there can add to the log and not change it. Only who may change the bucket's policy is above that. An
object for each event needs no resource of its own, and stays where the lake stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

FOLDER: Final = "audit/"
"""Of the lake. ``audit/20261121T081530Z-run-3fa2c1d0.json``: by name they are in the order of time."""

LONGEST_MESSAGE: Final = 1000
"""Characters."""


@dataclass(frozen=True, kw_only=True)
class AuditEvent:
    id: str
    """What it is told apart by, where the same event is read from two places."""
    at: str
    """ISO 8601, UTC."""
    action: str
    """``up``, ``refresh``, ``destroy``, ``run``, ``retry``, ``stop``, ``approve``, ``reject``, ``rollback``, …"""
    by: str
    """An ARN, or ``user@machine``; empty where nobody wrote it down, as the Pulumi CLI does not."""
    subject: str = ""
    """A run's id, a model's version, what changed."""
    result: str = ""
    """``succeeded`` or ``failed``, of what ends; empty for what only begins."""
    message: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
    """By Pulumi's own keys: ``git.head``, ``git.author``, ``ci.system``, ``ci.build.url``; ``ci.actor``;
    ``plan.made-by`` and ``plan.approved-by`` where two persons stood behind an `up`."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError and AttributeError for what is no event."""
        names = ("id", "at", "action", "by", "subject", "result", "message")
        about = {str(key): str(value) for key, value in body.get("about", {}).items()}
        return cls(**{name: str(body[name]) for name in names}, about=about)


def in_order(events: list[AuditEvent]) -> list[AuditEvent]:
    """The newest first, each once."""
    return sorted({event.id: event for event in events}.values(), key=lambda event: (event.at, event.id), reverse=True)
