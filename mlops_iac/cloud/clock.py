"""The cloud's clock: this machine's, moved on by whatever somebody moved it.

It is one clock for all that the cloud says: what is due, alarms and their periods, timestamps of metrics, events, runs,
jobs and objects, the ids of runs. It never goes back, and how far it is ahead is kept with the state.

Two things go by the machine's own clock. Credentials: whoever holds them compares their end with his. And what takes
real time: jobs, functions and endpoints are processes of this machine, and the waits and time limits of a run are its
seconds; a clock that is moved on makes none of them older. A wait between two attempts of a step is the clock's
(`mlops_iac.cloud.patience`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

FARTHEST: Final = timedelta(days=3660)
"""How far ahead the clock may be: beyond that, dates of certificates and zones mean little."""


class Clock:
    """Moves the time of this whole process, moto's included; what is in ``store`` survives a restart."""

    def __init__(self, store: MutableMapping[str, dict[Any, Any]]) -> None:
        self._store = store
        self._travel: Any = None
        self._coordinates: Any = None

    @property
    def ahead(self) -> timedelta:
        return timedelta(seconds=self._store["clock"].get("ahead", 0.0))

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def restore(self) -> None:
        """Be as far ahead as the last process was, or as a cloud that was emptied: not at all."""
        self._go(self.ahead)

    def move_to(self, moment: datetime) -> None:
        """Move on; a moment that is past already changes nothing."""
        left = moment - self.now
        if left > timedelta():
            self._store["clock"]["ahead"] = (self.ahead + left).total_seconds()
            self._go(self.ahead)

    def stop(self) -> None:
        """The process has its machine's time again."""
        if self._travel is not None:
            self._travel.stop()
            self._travel = self._coordinates = None

    def _go(self, ahead: timedelta) -> None:
        if self._coordinates is not None:
            self._coordinates.move_to(machine_time() + ahead.total_seconds())
        elif ahead:
            import time_machine

            self._travel = time_machine.travel(time.time() + ahead.total_seconds(), tick=True)
            self._coordinates = self._travel.start()


def machine_time() -> float:
    """Seconds since 1970 by this machine's own clock."""
    # Another thread may just be importing it, and whoever imports it need not have moved anything.
    machine = getattr(sys.modules.get("time_machine"), "escape_hatch", None)
    if machine is None or not machine.is_travelling():
        return time.time()
    return float(machine.time.time())
