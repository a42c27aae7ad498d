"""What is kept of scaling: targets, their policies, and what was done."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.records import Key, Records, now

INSTANCES: Final = "sagemaker:variant:DesiredInstanceCount"
"""The scalable dimension of an endpoint's variant with instances."""
AWAKE: Final = "sagemaker:variant:DesiredProvisionedConcurrency"
"""And of a serverless one of which something stays awake."""
ACTIVITIES: Final = 100
"""How many activities of one target are kept; AWS keeps them for six weeks."""
_APART: Final = "|"
"""Between the parts of a name: no part may hold it."""


@dataclass(frozen=True)
class Place:
    """Where a target is."""

    account: str
    region: str


@dataclass(frozen=True)
class Which:
    """What a scalable target is known by."""

    namespace: str
    dimension: str
    resource: str

    @property
    def name(self) -> str:
        return _APART.join((self.namespace, self.dimension, self.resource))

    def variant(self) -> tuple[str, str] | None:
        """Endpoint and variant, where it is one: ``endpoint/NAME/variant/NAME``."""
        parts = self.resource.split("/")
        if self.namespace != "sagemaker" or len(parts) != 4 or (parts[0], parts[2]) != ("endpoint", "variant"):
            return None
        return parts[1], parts[3]


def which_variant(endpoint: str, variant: str, dimension: str = INSTANCES) -> Which:
    return Which("sagemaker", dimension, f"endpoint/{endpoint}/variant/{variant}")


class Book:
    """Records of one cloud, which live and die with its snapshot."""

    def __init__(self, gateway: Gateway) -> None:
        self._records = Records(gateway, "autoscaling")

    # Targets --------------------------------------------------------------------------------------------------------

    def target(self, place: Place, which: Which) -> dict[str, Any] | None:
        return self._records.find(_key("target", place, which.name))

    def targets(self, place: Place | None = None) -> Iterator[tuple[Place, Which, dict[str, Any]]]:
        where = (place.account, place.region) if place else ()
        for key, record in self._records.each("target", *where):
            yield Place(key[1], key[2]), Which(*key[3].split(_APART)), record

    def put_target(self, place: Place, which: Which, **values: Any) -> None:
        key = _key("target", place, which.name)
        if not self._records.add(key, {"CreationTime": now(), **values}):
            self._records.change(key, **values)

    def remove_target(self, place: Place, which: Which) -> None:
        self._records.remove(_key("target", place, which.name))

    # Policies -------------------------------------------------------------------------------------------------------

    def policy(self, place: Place, which: Which, name: str) -> dict[str, Any] | None:
        return self._records.find(_key("policy", place, f"{which.name}{_APART}{name}"))

    def policies(self, place: Place, which: Which) -> list[dict[str, Any]]:
        prefix = f"{which.name}{_APART}"
        return [record for _, record in self._records.each("policy", place.account, place.region, prefix)]

    def all_policies(self, place: Place) -> list[dict[str, Any]]:
        return [record for _, record in self._records.each("policy", place.account, place.region)]

    def put_policy(self, place: Place, which: Which, name: str, **values: Any) -> None:
        key = _key("policy", place, f"{which.name}{_APART}{name}")
        if not self._records.add(key, {"CreationTime": now(), "PolicyName": name, **values}):
            self._records.change(key, **values)

    def remove_policy(self, place: Place, which: Which, name: str) -> None:
        self._records.remove(_key("policy", place, f"{which.name}{_APART}{name}"))

    # What was done --------------------------------------------------------------------------------------------------

    def begin(self, place: Place, which: Which, description: str, cause: str) -> Key:
        """An activity that is under way; `end` says how it ended."""
        number = str(uuid.uuid4())
        record = {
            "ActivityId": number,
            "ServiceNamespace": which.namespace,
            "ResourceId": which.resource,
            "ScalableDimension": which.dimension,
            "Description": description,
            "Cause": cause,
            "StartTime": now(),
            "StatusCode": "InProgress",
        }
        key = _key("activity", place, f"{which.name}{_APART}{number}")
        self._records.add(key, record)
        self._forget_old(place, which)
        return key

    def end(self, key: Key, status: str, words: str) -> None:
        self._records.change(key, StatusCode=status, StatusMessage=words, EndTime=now())

    def activities(self, place: Place, namespace: str = "") -> list[dict[str, Any]]:
        """The newest first, as AWS lists them."""
        found = [record for _, record in self._records.each("activity", place.account, place.region, namespace)]
        return sorted(found, key=lambda record: record["StartTime"], reverse=True)

    def settle(self) -> None:
        """After a restart of the cloud: what was under way did not end."""
        for key, record in list(self._records.each("activity")):
            if record["StatusCode"] == "InProgress":
                self.end(key, "Failed", "The embedded cloud was stopped while the capacity was being changed.")

    def _forget_old(self, place: Place, which: Which) -> None:
        prefix = f"{which.name}{_APART}"
        found = list(self._records.each("activity", place.account, place.region, prefix))
        for key, _ in sorted(found, key=lambda each: each[1]["StartTime"])[:-ACTIVITIES]:
            self._records.remove(key)


def _key(kind: str, place: Place, name: str) -> Key:
    return kind, place.account, place.region, name
