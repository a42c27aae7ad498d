"""The runtime's operations on records: PutRecord, GetRecord, BatchGetRecord, DeleteRecord.

Not offered: UpdateRecord (of stores that are not offered), BatchWriteRecord, ListRecords.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.feature_store.online import Kept
from mlops_iac.cloud.feature_store.values import check_value, read_record, read_time, refuse, seconds_of
from mlops_iac.cloud.iam.context import place_keys, principal_keys
from mlops_iac.cloud.iam.keys import KeyUse
from mlops_iac.cloud.iam.requirements import Place
from mlops_iac.cloud.iam.resolving import key_arn
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.feature_store.groups import Groups
    from mlops_iac.cloud.feature_store.offline import OfflineStores
    from mlops_iac.cloud.feature_store.online import OnlineStores
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "sagemaker-featurestore-runtime"
ONLINE, OFFLINE = "OnlineStore", "OfflineStore"


class Records:
    """Of all groups."""

    def __init__(self, gateway: Gateway, groups: Groups, online: OnlineStores, offline: OfflineStores) -> None:
        self._gateway, self._groups, self._online, self._offline = gateway, groups, online, offline

    def install(self) -> None:
        for operation, answer in (
            ("PutRecord", self.put),
            ("GetRecord", self.get),
            ("BatchGetRecord", self.get_several),
            ("DeleteRecord", self.delete),
        ):
            self._gateway.instead(SERVICE, operation, self._gateway.holding(SERVICE, answer))

    def put(self, call: Call) -> dict[str, Any]:
        """The online store takes it when it is newer than what it has, the offline store in any case."""
        group = self._written(call)
        targets = _targets(group, call.params.get("TargetStores"))
        values = read_record(group, call.params["Record"])
        time = read_time(group, values[group["EventTimeFeatureName"]]).timestamp()
        if ONLINE in targets:
            kept = Kept(time, values, _expiry(group, call.params.get("TtlDuration"), time))
            self._online.put(group["FeatureGroupArn"], values[group["RecordIdentifierFeatureName"]], kept)
        if OFFLINE in targets:
            self._append(group, values, time, deleted=False)
        return {}

    def get(self, call: Call) -> dict[str, Any]:
        group = self._groups.get(self._groups.arn(call, call.params["FeatureGroupName"]))
        if ONLINE not in _stores(group):
            raise refuse(f"FeatureGroup {group['FeatureGroupName']} has no OnlineStore.")
        self._check_key(call, group)
        names = call.params.get("FeatureNames")
        _check_names(group, names)
        kept = self._online.find(group["FeatureGroupArn"], call.params["RecordIdentifierValueAsString"])
        if kept is None:
            return {}
        return {"Record": _shown(group, kept, names), **_expires(kept, call.params)}

    def get_several(self, call: Call) -> dict[str, Any]:
        """What is not there is left out; what cannot be asked is an error of its own."""
        records: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for one in call.params["Identifiers"]:
            try:
                records += self._found(call, one)
            except AwsError as error:
                told = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors += [
                    {"FeatureGroupName": one["FeatureGroupName"], "RecordIdentifierValueAsString": value, **told}
                    for value in one["RecordIdentifiersValueAsString"]
                ]
        return {"Records": records, "Errors": errors, "UnprocessedIdentifiers": []}

    def delete(self, call: Call) -> dict[str, Any]:
        """A marker goes to the offline store; one that is too old deletes nothing online."""
        group = self._written(call)
        identifier, sent = call.params["RecordIdentifierValueAsString"], call.params["EventTime"]
        types = {one["FeatureName"]: one["FeatureType"] for one in group["FeatureDefinitions"]}
        named = group["RecordIdentifierFeatureName"]
        check_value(named, types[named], identifier)
        time = read_time(group, sent).timestamp()
        targets = _targets(group, call.params.get("TargetStores"))
        arn = group["FeatureGroupArn"]
        if ONLINE in targets and call.params.get("DeletionMode") == "HardDelete":
            if not self._online.remove(arn, identifier, time):
                raise refuse(f"EventTime [{sent}] is not later than that of the record [{identifier}].")
        elif ONLINE in targets:
            self._online.put(arn, identifier, Kept(time, {}, None, True))
        if OFFLINE in targets:
            self._append(group, {named: identifier, group["EventTimeFeatureName"]: sent}, time, deleted=True)
        return {}

    # Inside -------------------------------------------------------------------------------------------------------

    def _written(self, call: Call) -> dict[str, Any]:
        """The group; PutRecord and DeleteRecord know no error of their own for one that is not there."""
        try:
            group = self._groups.get(self._groups.arn(call, call.params["FeatureGroupName"]))
        except AwsError as error:
            raise AwsError("ValidationError", error.message) from error
        self._check_key(call, group)
        return group

    def _found(self, call: Call, one: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        asked = {**call.params, **one}
        for value in one["RecordIdentifiersValueAsString"]:
            single = {**asked, "RecordIdentifierValueAsString": value}
            answer = self.get(replace(call, params=single))
            if answer:
                named = {"FeatureGroupName": one["FeatureGroupName"], "RecordIdentifierValueAsString": value}
                yield {**named, **answer}

    def _append(self, group: Mapping[str, Any], values: Mapping[str, str], time: float, *, deleted: bool) -> None:
        asked = datetime.now(UTC).timestamp()
        row = {"values": dict(values), "time": time, "asked": asked, "deleted": deleted}
        self._offline.add(group["FeatureGroupArn"], row)

    def _check_key(self, call: Call, group: Mapping[str, Any]) -> None:
        """Who reads or writes an online store needs its key:
        https://docs.aws.amazon.com/sagemaker/latest/dg/feature-store-security.html"""
        key = ((group.get("OnlineStoreConfig") or {}).get("SecurityConfig") or {}).get("KmsKeyId")
        iam = self._gateway.iam
        if not key or not iam.enforced:
            return
        who = iam.identify_call(call)
        place = Place(partition=partition_of(call.region), region=call.region, account=call.account_id)
        use = KeyUse(action="kms:Decrypt", key=key, via="sagemaker")
        keys = {
            **place_keys(call.region, call.account_id),
            **principal_keys(who),
            **use.keys(place.region, place.account),
        }
        iam.demand("sagemaker", who, use.action, key_arn(key, place), keys)


def _stores(group: Mapping[str, Any]) -> list[str]:
    return [
        store
        for store, setting in ((ONLINE, "OnlineStoreConfig"), (OFFLINE, "OfflineStoreConfig"))
        if group.get(setting)
    ]


def _targets(group: Mapping[str, Any], asked: Sequence[str] | None) -> list[str]:
    there = _stores(group)
    for store in asked or ():
        if store not in there:
            raise refuse(f"FeatureGroup {group['FeatureGroupName']} has no {store}.")
    return list(asked or there)


def _expiry(group: Mapping[str, Any], asked: Mapping[str, Any] | None, time: float) -> float | None:
    """A record's own duration goes before the group's."""
    seconds = seconds_of(asked) or seconds_of(group["OnlineStoreConfig"].get("TtlDuration"))
    return None if seconds is None else time + seconds


def _check_names(group: Mapping[str, Any], names: Sequence[str] | None) -> None:
    known = {one["FeatureName"] for one in group["FeatureDefinitions"]}
    for name in names or ():
        if name not in known:
            raise refuse(f"FeatureGroup {group['FeatureGroupName']} has no feature [{name}].")


def _shown(group: Mapping[str, Any], kept: Kept, names: Sequence[str] | None) -> list[dict[str, str]]:
    """In the order of the definitions, without what has no value."""
    order = names or [one["FeatureName"] for one in group["FeatureDefinitions"]]
    return [{"FeatureName": name, "ValueAsString": kept.values[name]} for name in order if name in kept.values]


def _expires(kept: Kept, asked: Mapping[str, Any]) -> dict[str, str]:
    if kept.expires is None or asked.get("ExpirationTimeResponse") != "Enabled":
        return {}
    return {"ExpiresAt": f"{datetime.fromtimestamp(kept.expires, UTC):%Y-%m-%dT%H:%M:%SZ}"}
