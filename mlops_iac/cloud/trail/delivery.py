"""Trails: what they want is kept until it lies in their bucket as log files, which are written every few seconds.

A log file is gzipped JSON, ``{"Records": [...]}``, under AWS's own name:
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html#cloudtrail-log-filename-format
It is written as cloudtrail.amazonaws.com, which the bucket's policy must let do that; so is checked when a trail is
made. What cannot be written stays, and is tried again.
"""

from __future__ import annotations

import json
import logging
import secrets
import string
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.shelf import Shelf
from mlops_iac.cloud.trail.digests import Digests
from mlops_iac.cloud.trail.event import Event, source_of
from mlops_iac.cloud.trail.kinds import is_data, only_reads
from mlops_iac.cloud.trail.selectors import check_selectors, wants
from mlops_iac.cloud.trail.writing import Writer, all_trails
from mlops_iac.cloud.wire import AwsError, Call, Request

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

STORE: Final = "trail-pending"
STATUS: Final = "trail-status"
EVERY: Final = 5.0
"""Seconds between two looks; AWS needs about five minutes."""

NOT_OFFERED: Final = ("CloudWatchLogsLogGroupArn", "IsOrganizationTrail", "SnsTopicName")

MOST: Final = 1000
"""Events of one log file."""

log = logging.getLogger("mlops_iac.cloud")


class Delivery:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway, self._writer = gateway, Writer(gateway)
        self._digests = Digests(gateway, self._writer)
        self._stopped = threading.Event()

    def install(self) -> None:
        for operation in ("CreateTrail", "UpdateTrail"):
            self._gateway.before("cloudtrail", operation, self._check)
        self._gateway.before("cloudtrail", "PutEventSelectors", check_selectors)
        self._gateway.instead("cloudtrail", "DeleteTrail", self._delete)
        self._gateway.instead("cloudtrail", "GetTrailStatus", self._status)
        self._digests.install()
        self._gateway.on_start(self._start)
        self._gateway.on_stop(self._stop)

    def wanting(self, request: Request, objects: list[dict[str, str]]) -> list[str]:
        """ARNs of the trails that write such an event down."""
        trails = self._trails(request.region)
        if not trails or not request.service or not request.operation:
            return []
        fields = {
            "eventCategory": "Data" if is_data(request.service, request.operation) else "Management",
            "readOnly": str(only_reads(request.service, request.operation)).lower(),
            "eventName": request.operation,
            "eventSource": source_of(request.service),
            **({"resources.type": objects[0]["type"], "resources.ARN": objects[0]["ARN"]} if objects else {}),
        }
        return [trail.arn for trail in trails if wants(trail, fields)]

    def add(self, arn: str, event: Event) -> None:
        with self._gateway.locked("cloudtrail"):
            self._pending(arn)[f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{event['eventID']}"] = event
        self._gateway.touch()

    def deliver(self, *, ends: bool = False) -> None:
        """Write what waits, as one file for each region and trail; ``ends``: and the digests of what was written."""
        for trail in self._trails():
            while self._write(trail):
                pass
            self._digests.write(trail, at_once=ends)

    # Inside -------------------------------------------------------------------------------------------------------

    def _check(self, call: Call) -> None:
        for option in NOT_OFFERED:
            if call.params.get(option):
                raise AwsError("NotImplemented", f"The embedded cloud's trails do not offer {option}.", 501)
        name = call.params.get("Name", "")
        if call.operation == "CreateTrail" and self._find(call, name):
            message = f"Trail {name} already exists for customer: {call.account_id}"
            raise AwsError("TrailAlreadyExistsException", message)
        self._writer.check(call)

    def _find(self, call: Call, name: str) -> Any:
        """A trail by its name or its ARN, or None."""
        home = (call.account_id, call.region)
        ours = (one for one in all_trails(self._gateway) if (one.account_id, one.region_name) == home)
        return next((one for one in ours if name in (one.trail_name, one.arn)), None)

    def _get(self, call: Call) -> Any:
        trail = self._find(call, call.params["Name"])
        if trail is None:
            arn = call.arn("cloudtrail", f"trail/{call.params['Name'].rpartition('/')[2]}")
            raise AwsError("TrailNotFoundException", f"Unknown trail: {arn} for the user: {call.account_id}")
        return trail

    def _delete(self, call: Call) -> dict[str, Any]:
        """moto deletes by name only, and says nothing of a trail that is not there."""
        from moto.cloudtrail.models import cloudtrail_backends

        trail = self._get(call)
        with self._gateway.locked("cloudtrail"):
            del cloudtrail_backends[call.account_id][call.region].trails[trail.trail_name]
            self._gateway.store[STORE].pop(trail.arn, None)
            self._digests.forget(trail.arn)
            self._gateway.store[STATUS].pop(trail.arn, None)
        return {}

    def _status(self, call: Call) -> dict[str, Any]:
        """moto says of every trail that it delivered something just now."""
        trail = self._get(call)
        told = dict(self._gateway.store[STATUS].get(trail.arn) or {})
        digest = self._digests.last(trail.arn)
        return {
            "IsLogging": trail.status.is_logging,
            **({"StartLoggingTime": trail.status.started} if trail.status.started else {}),
            **({"StopLoggingTime": trail.status.stopped} if trail.status.stopped else {}),
            **({"LatestDeliveryTime": datetime.fromisoformat(told["at"])} if "at" in told else {}),
            **({"LatestDeliveryError": told["error"]} if told.get("error") else {}),
            **({"LatestDigestDeliveryTime": datetime.fromisoformat(digest)} if digest else {}),
        }

    def _start(self) -> None:
        self._stopped.clear()
        threading.Thread(target=self._work, name="cloud-trails", daemon=True).start()

    def _stop(self) -> None:
        self._stopped.set()
        self._quietly(ends=True)

    def _work(self) -> None:
        while not self._stopped.wait(EVERY):
            self._quietly()

    def _quietly(self, *, ends: bool = False) -> None:
        try:
            self.deliver(ends=ends)
        except Exception:
            log.exception("A trail's log file could not be written; what belongs into it is kept.")

    def _trails(self, region: str = "") -> list[Any]:
        """Those that log: of a region, with those of all regions; or all there are."""
        return [
            one
            for one in all_trails(self._gateway)
            if one.status.is_logging and (not region or one.is_multi_region or one.region_name == region)
        ]

    def _write(self, trail: Any) -> bool:
        """One log file. False when there was nothing to write."""
        with self._gateway.locked("cloudtrail"):
            pending = self._pending(trail.arn)
            keys = [key for key, _ in zip(pending, range(MOST), strict=False)]
            events = [pending.peek(key) for key in keys]
        if not events:
            return False
        region = events[0]["awsRegion"]
        chosen = {key: event for key, event in zip(keys, events, strict=True) if event["awsRegion"] == region}
        name, content = _file_name(trail, region), json.dumps({"Records": [*chosen.values()]}).encode()
        try:
            self._writer.put(trail, name, content)
        except Exception as error:
            self._tell(trail, error=type(error).__name__ if not isinstance(error, AwsError) else error.code)
            raise
        self._digests.note(trail, name, content, [*chosen.values()])
        self._tell(trail, at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
        with self._gateway.locked("cloudtrail"):
            for key in chosen:
                pending.pop(key, None)
        self._gateway.touch()
        return True

    def _tell(self, trail: Any, **said: str) -> None:
        """What GetTrailStatus answers of the latest delivery."""
        with self._gateway.locked("cloudtrail"):
            known = self._gateway.store[STATUS].get(trail.arn) or {}
            kept = {"at": known["at"]} if "at" in known and "at" not in said else {}
            self._gateway.store[STATUS][trail.arn] = {**kept, **said}

    def _pending(self, arn: str) -> Shelf:
        shelves = self._gateway.store[STORE]
        if arn not in shelves:
            shelves[arn] = Shelf(self._gateway.database)
        found: Shelf = shelves[arn]
        return found


def _file_name(trail: Any, region: str) -> str:
    now = datetime.now(UTC)
    prefix = f"{trail.s3_key_prefix}/" if trail.s3_key_prefix else ""
    folder = f"{prefix}AWSLogs/{trail.account_id}/CloudTrail/{region}/{now:%Y/%m/%d}"
    unique = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
    return f"{folder}/{trail.account_id}_CloudTrail_{region}_{now:%Y%m%dT%H%M}Z_{unique}.json.gz"
