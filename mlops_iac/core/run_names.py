"""The id of a run, and the names of what it makes. ARCHITECTURE.md has the contract.

Runs are started from here, and on AWS by a function that triggers call, so this file is part of that function's code:
it needs nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime

NAME_LIMIT = "name_limit"
"""The fact by which a step says that it makes something with a name."""

DIGEST = 7
"""Hexadecimal digits at the end of a name that had to be cut."""


def make_run_id(now: datetime | None = None, cause: str = "") -> str:
    """``261121-081530-3fa2``: the moment in UTC and four digits, so that ids sort by time.

    The digits are random, or follow from what caused the run: one cause makes one run, however often it is told.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC)
    digits = hashlib.sha256(cause.encode()).hexdigest()[:4] if cause else secrets.token_hex(2)
    return f"{now:%y%m%d-%H%M%S}-{digits}"


def execution_name(stack: str, run: str) -> str:
    return f"{stack}-{run}"


def made_name(stack: str, run: str, step: str, limit: int) -> str:
    """``<stack>-<run>-<step>``. One that is too long ends in a hash of it, and where a service takes few characters
    (a tuning job: 32) the run and the step are in the hash alone; the stack's name is always whole."""
    full = f"{stack}-{run}-{step}"
    if len(full) <= limit:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()
    room = limit - len(f"{stack}-{run}-") - DIGEST - 1
    if room > 0:
        return f"{stack}-{run}-{step[:room].rstrip('-')}-{digest[:DIGEST]}"
    return f"{stack}-{digest[: min(16, limit - len(stack) - 1)]}"
