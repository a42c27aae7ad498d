"""Wait for a stack that somebody else is changing: two jobs of a pipeline take turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Final

import typer

from mlops_iac.core.errors import MlopsError
from mlops_iac.engine.event import Result

HELD: Final = "The stack is locked."
"""How both engines say that somebody else has it."""

PAUSE: Final = 5.0
"""Seconds between two tries."""

WaitOption = Annotated[
    int,
    typer.Option("--wait", min=0, metavar="MINUTES", help="How long to wait for a stack that somebody else changes."),
]


def in_turn(operation: Callable[[], Result], minutes: int) -> Result:
    """The operation, tried again while somebody else holds the stack; who that is, is said once each.

    After ``minutes`` it ends as it would without waiting: by the error that names the holder.
    """
    deadline, told = time.monotonic() + minutes * 60, ""
    while True:
        try:
            result = operation()
            held = result.error if _is_held(result.error) else None
            if held is None or time.monotonic() >= deadline:
                return result
        except MlopsError as error:
            if not _is_held(error) or time.monotonic() >= deadline:
                raise
            held = error
        told = _tell(held, told)
        time.sleep(min(PAUSE, max(0.0, deadline - time.monotonic())))


def _is_held(error: Exception | None) -> bool:
    return isinstance(error, MlopsError) and error.summary == HELD


def _tell(held: Exception | None, told: str) -> str:
    from mlops_iac.cli.console import say

    detail = held.detail if isinstance(held, MlopsError) else ""
    if detail != told:
        say(f"Waiting: {detail}")
    return detail
