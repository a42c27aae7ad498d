"""How often somebody may ask: token buckets, and quotas by day, week or month.

A bucket is this machine's seconds and is full again after a restart; what is used of a quota is kept with the cloud's
state and goes by its clock. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlops_iac.cloud.apigateway.records import Records


class Buckets:
    """One for each thing that is throttled; made full."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._levels: dict[Any, tuple[float, float]] = {}

    def take(self, name: Any, rate: float, burst: float) -> bool:
        """Take one; False when there is none. ``rate``: how many come back in a second; ``burst``: how many fit."""
        with self._lock:
            now = self._clock()
            level, seen = self._levels.get(name, (burst, now))
            level = min(level + (now - seen) * rate, burst)
            taken = level >= 1
            self._levels[name] = (level - taken, now)
            return taken


def used(records: Records, plan: Mapping[str, Any], key: str) -> int:
    """Requests that a key has made in the plan's running period."""
    noted, quota = records.of("usage").get((plan["id"], key), {}), plan.get("quota")
    return int(noted["requests"]) if quota and noted.get("period") == _period(quota) else 0


def count(records: Records, plan: Mapping[str, Any], key: str) -> bool:
    """Note a request; False when the quota is used up. The caller holds the gateway's lock."""
    quota = plan.get("quota")
    if not quota:
        return True
    before = used(records, plan, key)
    if before >= quota["limit"]:
        return False
    records.of("usage")[plan["id"], key] = {"period": _period(quota), "requests": before + 1}
    return True


def _period(quota: Mapping[str, Any]) -> str:
    """The day on which the running period began, in UTC: a week's is a Sunday."""
    today = datetime.now(UTC).date()
    first = {
        "DAY": today,
        "WEEK": today - timedelta(days=(today.weekday() + 1) % 7),
        "MONTH": today.replace(day=1),
    }[quota["period"]]
    return f"{quota['period']} {first}"
