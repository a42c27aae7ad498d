"""CloudTrail's event history: what changed something in an account and region, for 90 days.

Calls that only read are not kept here: nobody asked for them to be on a laptop, where most calls are of that kind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.shelf import Shelf
from mlops_iac.cloud.trail.event import Event
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "trail-history"
KEPT: Final = timedelta(days=90)
PAGE: Final = 50
"""Events of one answer, at most and when nothing is said."""

TESTS: Final[Mapping[str, Callable[[Event, str], bool]]] = {
    "EventId": lambda event, value: event["eventID"] == value,
    "EventName": lambda event, value: event["eventName"] == value,
    "ReadOnly": lambda event, value: str(event["readOnly"]).lower() == value,
    "Username": lambda event, value: username(event) == value,
    "EventSource": lambda event, value: event["eventSource"] == value,
    "ResourceName": lambda event, value: value in json.dumps(event["requestParameters"]),
}
"""What events can be looked up by; a resource's name wherever it stands in the request's parameters."""


class History:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def install(self) -> None:
        self._gateway.instead("cloudtrail", "LookupEvents", self._look_up)

    def add(self, account: str, region: str, event: Event) -> None:
        now = datetime.now(UTC)
        with self._gateway.locked("cloudtrail"):
            shelf = self._shelf(account, region)
            for key in shelf:
                if key >= _key(now - KEPT):
                    break
                del shelf[key]
            shelf[_key(now, event["eventID"])] = event
        self._gateway.touch()

    def _look_up(self, call: Call) -> dict[str, Any]:
        """The newest first."""
        start = call.params.get("StartTime") or datetime.now(UTC) - KEPT
        end = call.params.get("EndTime") or datetime.now(UTC)
        if start > end:
            raise AwsError("InvalidTimeRangeException", "The start time must be before the end time.")
        if call.params.get("EventCategory"):
            return {"Events": []}  # insights, which nothing here finds
        asked = [(one["AttributeKey"], one["AttributeValue"]) for one in call.params.get("LookupAttributes", ())]
        if any(key not in TESTS for key, _ in asked) or len(asked) > 1:
            raise AwsError("InvalidLookupAttributesException", f"One of {', '.join(TESTS)} can be looked up here.")
        most, after = int(call.params.get("MaxResults") or PAGE), call.params.get("NextToken") or ""
        with self._gateway.locked("cloudtrail"):
            shelf = self._shelf(call.account_id, call.region)
            # Seconds count: what happened within the last one is in it.
            keys = [key for key in shelf if _key(start) <= key < _key(end + timedelta(seconds=1))]
            found: list[tuple[str, Event]] = []
            for key in reversed(keys):
                if after and key >= after:
                    continue
                event = shelf.peek(key)
                if all(TESTS[name](event, value) for name, value in asked):
                    found.append((key, event))
                if len(found) > most:
                    break
        shown = [_told(event) for _, event in found[:most]]
        return {"Events": shown, **({"NextToken": found[most - 1][0]} if len(found) > most else {})}

    def _shelf(self, account: str, region: str) -> Shelf:
        shelves = self._gateway.store[STORE]
        if (account, region) not in shelves:
            shelves[account, region] = Shelf(self._gateway.database)
        found: Shelf = shelves[account, region]
        return found


def username(event: Event) -> str:
    identity = event["userIdentity"]
    if identity.get("type") == "AssumedRole":
        return str(identity["principalId"].partition(":")[2])
    return str(identity.get("userName", ""))


def _told(event: Event) -> dict[str, Any]:
    time = datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": str(event["readOnly"]).lower(),
        "EventTime": time,
        "EventSource": event["eventSource"],
        "Username": username(event),
        "Resources": [],
        "CloudTrailEvent": json.dumps(event),
    }


def _key(time: datetime, id: str = "") -> str:
    return f"{time.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{id}" if id else f"{time.astimezone(UTC):%Y%m%dT%H%M%S.%f}"
