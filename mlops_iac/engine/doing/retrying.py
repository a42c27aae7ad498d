"""Trying a call again: which failures pass by themselves, how often, and for how long.

A refusal is never tried again. Neither is a create whose answer was lost, before it was looked up what it has made.
The waits are random ("full jitter"), so that many calls that were throttled at once do not come back at once.
Source of the codes: botocore's ``data/_retry.json`` and ``retries/standard.py``.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from mlops_iac.core.errors import CloudError
from mlops_iac.core.refusals import THROTTLED

T = TypeVar("T")
Kind = Literal["create", "update", "delete", "read"]

LIMITS: Mapping[Kind, float] = {"create": 3600.0, "update": 3600.0, "delete": 3600.0, "read": 600.0}
"""Seconds that a call may take, all tries together, where the program sets no `custom_timeouts`."""

PASSING = re.compile(
    r"^5\d\d$|^InternalFailure$|^InternalError$|^InternalServerError$|^InternalServerException$"
    r"|^ServiceUnavailable|^ServerError$|^RequestTimeout|^HTTPClientError$"
    r"|ConnectionError$|ConnectionClosedError$|TimeoutError$|ResponseStreamingError$|IncompleteReadError$"
)
"""Codes, and names of botocore's errors, that say nothing about what was asked. The call may have been carried out."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a call is tried."""

    tries: int = 5
    first_wait: float = 0.2
    """Seconds; each next wait is up to twice as long."""
    longest_wait: float = 20.0
    limit: float = 120.0
    """Seconds after the first try in which another one may begin."""


def passes(error: Exception) -> bool:
    """Whether the same call may succeed a moment later."""
    return isinstance(error, CloudError) and (error.code in THROTTLED or bool(PASSING.search(error.code)))


def may_be_done(error: Exception) -> bool:
    """Whether the call may have been carried out all the same."""
    return isinstance(error, CloudError) and error.code not in THROTTLED and (error.unsure or passes(error))


def retried(call: Callable[[int], T], patience: Patience, *, stopped: Callable[[], bool]) -> T:
    """Call until it answers, is refused, or patience ends; the last error is then raised. The call is given the
    number of its try, from 0. Nothing is tried again once ``stopped`` says so."""
    began, number = time.monotonic(), 0
    while True:
        try:
            return call(number)
        except CloudError as error:
            number += 1
            wait = random.uniform(0, min(patience.longest_wait, patience.first_wait * 2**number))  # noqa: S311
            late = time.monotonic() - began + wait > patience.limit
            if not passes(error) or number >= patience.tries or late or stopped():
                raise
            time.sleep(wait)
