"""What a person answered a run that waits: the words that go through an orchestrator and come back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from mlops_iac.core.strict_json import NotStrictJson, read_json

REJECTED: Final = "ApprovalRejected"
"""The error that a run ends with when a person refused it."""

TIMED_OUT: Final = "ApprovalTimedOut"
"""The error of one that nobody answered."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Who let a run go on or ended it, when, and why."""

    approved: bool
    by: str
    at: str
    """ISO 8601, UTC."""
    reason: str = ""

    def __str__(self) -> str:
        said = f"{'approved' if self.approved else 'rejected'} by {self.by} at {self.at}"
        return f"{said}: {self.reason}" if self.reason else said

    @property
    def told(self) -> dict[str, str]:
        """As an orchestrator keeps it: plain text by name."""
        return {name: str(value) for name, value in asdict(self).items() if name != "approved"}

    @classmethod
    def read(cls, value: Any, *, approved: bool) -> Self | None:
        """The answer in what an orchestrator kept; None when somebody answered in another way."""
        if not isinstance(value, Mapping) or not all(isinstance(value.get(name), str) for name in ("by", "at")):
            return None
        return cls(approved=approved, by=value["by"], at=value["at"], reason=str(value.get("reason") or ""))

    @classmethod
    def parse(cls, text: str, *, approved: bool) -> Self | None:
        try:
            return cls.read(read_json(text), approved=approved)
        except NotStrictJson:
            return None
