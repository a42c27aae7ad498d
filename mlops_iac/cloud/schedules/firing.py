"""Fires what is due: as time goes by, and in order when the clock is moved on.

While the cloud is stopped its clock goes on and nothing fires; what was missed fires once when it starts again, with
the newest moment that was due. Delivery is "at least once", as Scheduler's: after a crash the same moment may fire
again, with the same execution id.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.clock import FARTHEST, Clock
from mlops_iac.cloud.schedules.planned import Planned, first_of
from mlops_iac.cloud.schedules.rules import planned_rules
from mlops_iac.cloud.schedules.scheduler import planned_schedules
from mlops_iac.cloud.schedules.work import Work

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the clock."""

LAG: Final = timedelta(seconds=5)
"""How long a moment is looked at again: a schedule that is due when it is made may be there a little later."""

MOST_FIRINGS: Final = 250
"""How much may fire in one `advance`: a rate of a minute would be thousands in a week, and each a run."""


class Firing:
    """What has fired up to now, and what is next."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self._clock = gateway, Clock(gateway.store)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._work = Work()
        self._next: tuple[int, datetime | None] | None = None
        """The next moment, as of so many changes."""

    def install(self) -> None:
        gateway = self._gateway
        gateway.own["POST", "advance"] = self._advance_on_request
        gateway.reports["clock"] = self._report
        gateway.on_news(self._work.hear)
        gateway.on_restore(self._clock.restore)
        gateway.on_start(self._start)
        gateway.on_stop(self._stop)
        gateway.on_reset(self._reset)

    def advance(self, by: timedelta) -> list[dict[str, str]]:
        """Move the clock on, and fire all that becomes due, each at its moment; answers what fired, in order.

        The clock moves when nothing goes on: what is due on one day is done before the next begins, as it would be.
        """
        fired: list[dict[str, str]] = []
        with self._lock:
            until = self._clock.now + by
            while len(fired) < MOST_FIRINGS:
                # What goes on may plan more: an alarm that it raises, a call of a function at a time.
                self._work.wait(self._stopped.is_set)
                planned = self._planned()
                moment = first_of(planned, self._fired_to)
                if moment is None or moment > until:
                    break
                self._clock.move_to(moment)
                due = [each for each in planned if each.next_after(self._fired_to) == moment]
                fired += [{"time": moment.isoformat(), "what": each.arn} for each in due]
                self._fire([(moment, each) for each in due], moment)
            else:
                until = self._fired_to
                self._work.wait(self._stopped.is_set)
            self._clock.move_to(until)
            self._fired_to = max(until, self._fired_to)
            self._gateway.touch()
        self._gateway.tell("moved")
        return fired

    # Inside -------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        threading.Thread(target=self._keep_firing, name="schedules", daemon=True).start()

    def _stop(self) -> None:
        self._stopped.set()
        self._clock.stop()

    def _reset(self) -> None:
        """An empty cloud has this machine's time: nothing is left in it that a step back could contradict."""
        with self._lock:
            self._gateway.store.pop("clock", None)
            self._work.forget()
            self._clock.restore()

    @property
    def _fired_to(self) -> datetime:
        """All that was due by then has fired. A cloud that never fired anything begins now."""
        kept = self._gateway.store["clock"]
        return datetime.fromtimestamp(kept.setdefault("fired_to", self._clock.now.timestamp()), UTC)

    @_fired_to.setter
    def _fired_to(self, moment: datetime) -> None:
        self._gateway.store["clock"]["fired_to"] = moment.timestamp()

    def _planned(self) -> list[Planned]:
        found = [*planned_schedules(self._gateway), *planned_rules(self._gateway)]
        return sorted(found, key=lambda each: each.arn)

    def _keep_firing(self) -> None:
        while not self._stopped.wait(LOOK_EVERY):
            try:
                with self._lock:
                    self._catch_up()
            except Exception:
                log.exception("What is due could not be fired.")

    def _catch_up(self) -> None:
        """Fire what has become due since the last look, each once."""
        now, after = self._clock.now, self._fired_to
        if not self._is_due(after, now):
            self._fired_to = max(after, now - LAG)
            return
        found = [(moment, each) for each in self._planned() if (moment := each.last_between(after, now))]
        self._fire(sorted(found, key=lambda pair: (pair[0], pair[1].arn)), now)
        self._gateway.touch()

    def _is_due(self, after: datetime, now: datetime) -> bool:
        """Whether anything is, without reading all schedules while nothing changes."""
        changes = self._gateway.changes
        if self._next is None or self._next[0] != changes:
            self._next = (changes, first_of(self._planned(), after))
        moment = self._next[1]
        return moment is not None and moment <= now

    def _fire(self, due: Iterable[tuple[datetime, Planned]], until: datetime) -> None:
        for moment, each in due:
            log.info("Due at %s: %s", moment.isoformat(), each.arn)
            each.fire(moment)
        self._fired_to = until
        self._next = None

    def _report(self) -> dict[str, Any]:
        ahead = self._clock.ahead.total_seconds()
        return {"now": f"{self._clock.now:%Y-%m-%d %H:%M:%S} UTC", "ahead_seconds": round(ahead)}

    def _advance_on_request(self, given: dict[str, Any]) -> dict[str, Any]:
        """``{"seconds": 86400}``. What is answered has been saved."""
        by = timedelta(seconds=float(given["seconds"]))
        if not timedelta() < by <= FARTHEST or self._clock.ahead + by > FARTHEST:
            return {"refused": f"The clock may be {FARTHEST.days} days ahead of this machine's, and never goes back."}
        fired = self.advance(by)
        saved = self._gateway.own["POST", "save"]()
        return {
            "fired": fired,
            "complete": len(fired) < MOST_FIRINGS,
            "next": self._coming(),
            **self._report(),
            **saved,
        }

    def _coming(self) -> dict[str, str] | None:
        """What fires next, and when; None when nothing does."""
        after = self._fired_to
        coming = [(moment, each.arn) for each in self._planned() if (moment := each.next_after(after))]
        moment, arn = min(coming, default=(None, ""))
        return {"time": moment.isoformat(), "what": arn} if moment else None
