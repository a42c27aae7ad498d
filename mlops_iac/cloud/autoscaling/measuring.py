"""What endpoints publish once a minute, whoever asks them: how long the queue of an asynchronous one is, and that a
scaled one was asked nothing.

https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html, and of zeros:
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-policy.html. When the clock is moved on, the
minutes that it leaps are published too, as far as an alarm looks back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from mlops_iac.cloud.autoscaling.book import AWAKE, INSTANCES, Book, Place, which_variant
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.records import Records, now
from mlops_iac.cloud.telemetry.metrics import Datum, publish

BACK: Final = 60
"""Minutes that are published after a leap of the clock, at most."""
_NAMESPACE: Final = "AWS/SageMaker"
_ASKED_NOTHING: Final = {
    INSTANCES: "InvocationsPerInstance",
    AWAKE: "ServerlessProvisionedConcurrencyUtilization",
}
"""What is zero in a minute without requests, by what is scaled."""


class Minutes:
    """Which minutes have been published."""

    def __init__(self, gateway: Gateway, book: Book) -> None:
        self._gateway, self._book = gateway, book
        self._endpoints = Records(gateway, "endpoints")
        self._last: datetime | None = None
        self._lock = threading.Lock()

    def publish(self) -> None:
        """Publish each minute that began since the last time."""
        with self._lock:
            minute = now().replace(second=0, microsecond=0)
            if self._last == minute:
                return
            first = minute if self._last is None else self._last + timedelta(minutes=1)
            minutes = list(_minutes(max(first, minute - timedelta(minutes=BACK)), minute))
            self._last = minute
        for key, record in self._endpoints.each("endpoint"):
            place = Place(key[1], key[2])
            data = [datum for at in minutes for datum in self._of(place, record, at)]
            publish(self._gateway, place.account, place.region, data)

    def _of(self, place: Place, record: dict[str, Any], at: datetime) -> Iterator[Datum]:
        name = record["EndpointName"]
        if record.get("AsyncInferenceConfig"):
            yield from backlog(self._endpoints, place, record, at)
        for variant in record.get("ProductionVariants", ()):
            named = {"EndpointName": name, "VariantName": variant["VariantName"]}
            for dimension, metric in _ASKED_NOTHING.items():
                if self._book.target(place, which_variant(name, variant["VariantName"], dimension)):
                    yield Datum(_NAMESPACE, metric, 0, named, "None", at)


def backlog(records: Records, place: Place, record: dict[str, Any], at: datetime | None = None) -> Iterator[Datum]:
    """How many requests of an asynchronous endpoint are waiting, or being answered."""
    name = record["EndpointName"]
    size = sum(1 for _ in records.each("asynchronous-request", place.account, place.region, f"{name}/"))
    instances = sum(each.get("CurrentInstanceCount", 0) for each in record.get("ProductionVariants", ()))
    named = {"EndpointName": name}
    yield Datum(_NAMESPACE, "ApproximateBacklogSize", size, named, at=at)
    yield Datum(_NAMESPACE, "HasBacklogWithoutCapacity", int(size > 0 and not instances), named, at=at)
    if instances:
        yield Datum(_NAMESPACE, "ApproximateBacklogSizePerInstance", size / instances, named, at=at)


def _minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += timedelta(minutes=1)
