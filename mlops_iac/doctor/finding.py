"""What a check found: pass, warn or fail, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105
    WARN = "warn"
    """It works, or could not be looked at; somebody should know."""
    FAIL = "fail"
    """An `up`, or a run, would fail."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    outcome: Outcome
    says: str
    """What was found, in a sentence with the value."""
    fix: str = ""
    """What to do; empty where nothing is to be done."""


def passed(says: str) -> Finding:
    return Finding(outcome=Outcome.PASS, says=says)


def warned(says: str, fix: str) -> Finding:
    return Finding(outcome=Outcome.WARN, says=says, fix=fix)


def failed(says: str, fix: str) -> Finding:
    return Finding(outcome=Outcome.FAIL, says=says, fix=fix)
