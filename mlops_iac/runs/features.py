"""An environment's features: which groups there are, how they stand, and what is known of a key now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, FeatureGroup
from mlops_iac.core.errors import RunError
from mlops_iac.core.suggestions import did_you_mean

MOST_KEYS: Final = 100
"""Of one BatchGetRecord."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A group as SageMaker has it."""

    name: str
    group: FeatureGroup
    status: str
    """SageMaker's: ``Created``, ``CreateFailed``, …"""
    history: str
    """``Active``, ``Blocked`` with the reason, or ``Disabled``."""
    history_uri: str
    """Where the history lies."""
    online_bytes: int | None
    """Of its online store; None where it has none."""
    ttl: str
    """``30 Days``; empty where records stay."""

    def to_json(self) -> dict[str, Any]:
        return {
            "group": self.name,
            "name": self.group.name,
            "status": self.status,
            "record_identifier": self.group.identifier,
            "event_time": self.group.event_time,
            "features": dict(self.group.features),
            "online": self.group.online,
            "online_bytes": self.online_bytes,
            "ttl": self.ttl or None,
            "table": self.group.table,
            "history": self.history,
            "history_uri": self.history_uri,
        }


def list_groups(environment: Environment) -> Mapping[str, FeatureGroup]:
    """By name. Raises RunError where the environment has no features."""
    if not environment.feature_groups:
        detail = f"{environment.stack} is of blueprint `{environment.blueprint}`, and has no feature store."
        raise RunError("There are no features.", detail, hint="`mlops-iac new` with the blueprint `feature-store`.")
    return environment.feature_groups


def get_group(environment: Environment, name: str) -> FeatureGroup:
    """Raises RunError with the groups that there are."""
    groups = list_groups(environment)
    if name not in groups:
        detail = f"{environment.stack} has no group `{name}`; it has: {', '.join(groups)}."
        raise RunError("No such group of features.", detail, hint=did_you_mean(name, groups))
    return groups[name]


def describe_group(environment: Environment, clients: Clients, name: str) -> Standing:
    group = get_group(environment, name)
    found = clients("sagemaker").describe_feature_group(FeatureGroupName=group.name)
    offline, status = found.get("OfflineStoreConfig", {}), found.get("OfflineStoreStatus", {})
    why = f": {status['BlockedReason']}" if status.get("BlockedReason") else ""
    online = found.get("OnlineStoreConfig", {})
    duration = online.get("TtlDuration") or {}
    in_order = {one["FeatureName"]: one["FeatureType"] for one in found["FeatureDefinitions"]}
    return Standing(
        name=name,
        group=FeatureGroup(**{**vars(group), "features": in_order}),
        status=found["FeatureGroupStatus"],
        history=f"{status.get('Status', 'Disabled')}{why}",
        history_uri=offline.get("S3StorageConfig", {}).get("ResolvedOutputS3Uri", ""),
        online_bytes=found.get("OnlineStoreTotalSizeBytes") if group.online else None,
        ttl=f"{duration['Value']} {duration['Unit']}" if duration else "",
    )


def get_records(
    environment: Environment, clients: Clients, name: str, keys: Sequence[str]
) -> dict[str, dict[str, str] | None]:
    """Each key to its newest values, as they were put; None where nothing is known of it.

    Raises RunError for a group without an online store, and for more than 100 keys.
    """
    group = get_group(environment, name)
    if not group.online:
        detail = f"Group `{name}` has a history only: its definition says `online: false`."
        hint = f"ask Athena for table `{group.table}`, or set `online: true`, which makes the group anew."
        raise RunError("Nothing can be asked for online.", detail, hint=hint)
    if len(keys) > MOST_KEYS:
        raise RunError("Too many keys.", f"{len(keys)} were given; one call takes {MOST_KEYS}.", hint="ask in parts.")
    asked = {"FeatureGroupName": group.name, "RecordIdentifiersValueAsString": list(dict.fromkeys(keys))}
    answer = clients("sagemaker-featurestore-runtime").batch_get_record(Identifiers=[asked])
    for error in answer["Errors"]:
        raise RunError(
            "The feature store refused.", error["ErrorMessage"], hint="`mlops-iac drift` shows what changed."
        )
    known = {
        one["RecordIdentifierValueAsString"]: {each["FeatureName"]: each["ValueAsString"] for each in one["Record"]}
        for one in answer["Records"]
    }
    return {key: known.get(key) for key in keys}
