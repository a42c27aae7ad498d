"""A limit in time for one call, as `custom_timeouts` of a resource asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from mlops_iac.core import urns
from mlops_iac.core.errors import CloudError

T = TypeVar("T")

LONGEST = 24 * 3600.0
"""Seconds; a time limit above it is cut to it."""


def within(seconds: float, verb: str, urn: str, call: Callable[[], T]) -> T:
    """What the call answers. 0 is no limit. Raises CloudError, `unsure`, when it takes longer; its thread goes on."""
    if seconds <= 0:
        return call()
    answers: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            answers.append(call())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, name=f"{verb} {urn}", daemon=True)
    thread.start()
    thread.join(min(seconds, LONGEST))
    if errors:
        raise errors[0]
    if not answers:
        raise late(seconds, verb, urn)
    return answers[0]


def late(seconds: float, verb: str, urn: str) -> CloudError:
    return CloudError(
        "The call took too long.",
        f"The {verb} of {urns.parse(urn).name} was not done after {seconds:g} s, the resource's own limit.",
        hint="raise `custom_timeouts`; `pulumi refresh` tells what became of the call.",
        resource=urn,
        unsure=True,
    )
