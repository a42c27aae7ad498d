"""Waiting by the cloud's clock: ``mlops-iac cloud advance`` ends a wait that it passes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from mlops_iac.cloud.busy import waiting_for_clock

LISTEN: Final = 0.5
"""Seconds between two looks at the clock, and at whether the wait is over for another reason."""


def wait_by_clock(seconds: float, is_over: Callable[[], bool]) -> None:
    """Until as many seconds have passed on the cloud's clock, or ``is_over`` says so."""
    until = time.time() + seconds
    with waiting_for_clock():
        while not is_over() and (left := until - time.time()) > 0:
            time.sleep(min(left, LISTEN))
