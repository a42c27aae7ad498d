"""Waits that the cloud's clock ends."""

from __future__ import annotations

import threading
import time

import time_machine

from mlops_iac.cloud.busy import waits_for_clock
from mlops_iac.cloud.patience import wait_by_clock


def test_a_wait_is_over_when_the_clock_has_passed_it() -> None:
    waiting = threading.Thread(target=wait_by_clock, args=(3600, lambda: False), daemon=True)
    waiting.start()
    while not waits_for_clock():
        time.sleep(0.01)
    with time_machine.travel(time.time() + 7200, tick=True):
        waiting.join(timeout=20)
    assert not waiting.is_alive()


def test_a_wait_is_over_when_nobody_wants_it_any_more() -> None:
    before = time.monotonic()
    wait_by_clock(3600, lambda: True)
    assert time.monotonic() - before < 10
