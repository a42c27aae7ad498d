"""aws:dynamodb/table:Table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

CAPACITY = ("readCapacity", "writeCapacity")
UPDATED = frozenset({"billingMode", "deletionProtectionEnabled", "serverSideEncryption", *CAPACITY})
"""What UpdateTable changes."""


class Table(Resource):
    """CreateTable with its keys, encryption and tags, then UpdateTimeToLive and UpdateContinuousBackups;
    DescribeTable, UpdateTable, DeleteTable. A read refreshes billing, protection, expiry, recovery and tags."""

    type = "aws:dynamodb/table:Table"
    service = "dynamodb"
    create_op, read_op, delete_op = "CreateTable", "DescribeTable", "DeleteTable"
    renames = {"name": "TableName"}
    extras = frozenset(
        {"attributes", "hashKey", "pointInTimeRecovery", "rangeKey", "serverSideEncryption", "ttl", *CAPACITY}
    )
    required = frozenset({"attributes", "hashKey"})
    references = {"serverSideEncryption.kmsKeyArn": "key"}
    defaults = {"billingMode": "PROVISIONED"}
    name_limit, prefix_input = 255, ""
    replace_on = frozenset({"attributes", "hashKey", "rangeKey"})
    key = {"TableName": "name"}
    item, read_item = "TableDescription", "Table"
    computed = {"arn": "TableArn"}
    tags = TagCalls(list="ListTagsOfResource")
    later = frozenset({"pointInTimeRecovery", "ttl"})
    create_calls = 4

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        keys = [("HASH", inputs["hashKey"]), ("RANGE", inputs.get("rangeKey"))]
        params = {
            **super().create_params(scope, inputs),
            "AttributeDefinitions": [
                {"AttributeName": one["name"], "AttributeType": one["type"]} for one in inputs["attributes"]
            ],
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for kind, name in keys if name],
            **_throughput(inputs),
        }
        if _is_on(inputs.get("serverSideEncryption")):
            params["SSESpecification"] = _encryption(inputs["serverSideEncryption"])
        return params

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        for key in ("ttl", "pointInTimeRecovery"):
            if _is_on(outputs.get(key)):
                self._settle(api, key, outputs)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if changed & UPDATED:
            api("UpdateTable", TableName=outputs["name"], **self._updates(changed, outputs))
        for key in sorted(self.later & changed):
            self._settle(api, key, outputs, old.get(key))

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        if "deletionProtectionEnabled" in outputs:
            outputs["deletionProtectionEnabled"] = bool(item.get("DeletionProtectionEnabled"))
        name = {"TableName": outputs["name"]}
        if "ttl" in outputs:
            told = api("DescribeTimeToLive", **name)["TimeToLiveDescription"]
            outputs["ttl"] = {**outputs["ttl"], "enabled": told.get("TimeToLiveStatus") == "ENABLED"}
        if "pointInTimeRecovery" in outputs:
            told = api("DescribeContinuousBackups", **name)["ContinuousBackupsDescription"]
            status = told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
            outputs["pointInTimeRecovery"] = {**outputs["pointInTimeRecovery"], "enabled": status == "ENABLED"}

    def _updates(self, changed: frozenset[str], outputs: Props) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if changed & {"billingMode", *CAPACITY}:
            found = {"BillingMode": outputs["billingMode"], **_throughput(outputs)}
        if "deletionProtectionEnabled" in changed:
            found["DeletionProtectionEnabled"] = bool(outputs.get("deletionProtectionEnabled"))
        if "serverSideEncryption" in changed:
            found["SSESpecification"] = _encryption(outputs.get("serverSideEncryption") or {"enabled": False})
        return found

    def _settle(self, api: Api, key: str, outputs: Props, before: Any = None) -> None:
        """Expiry and recovery have calls of their own."""
        wanted = outputs.get(key) or {**(before if isinstance(before, Mapping) else {}), "enabled": False}
        if key == "ttl":
            expiry = {"AttributeName": wanted["attributeName"], "Enabled": _is_on(wanted)}
            api("UpdateTimeToLive", TableName=outputs["name"], TimeToLiveSpecification=expiry)
        else:
            recovery = {"PointInTimeRecoveryEnabled": _is_on(wanted)}
            api("UpdateContinuousBackups", TableName=outputs["name"], PointInTimeRecoverySpecification=recovery)


def _is_on(block: Any) -> bool:
    return isinstance(block, Mapping) and block is not UNKNOWN and bool(block.get("enabled"))


def _throughput(inputs: Props) -> dict[str, Any]:
    """A table that pays by request has none."""
    if inputs["billingMode"] != "PROVISIONED":
        return {}
    units = {key: inputs.get(key) for key in CAPACITY}
    return {"ProvisionedThroughput": {f"{k[0].upper()}{k[1:]}Units": v for k, v in units.items() if v is not None}}


def _encryption(block: Mapping[str, Any]) -> dict[str, Any]:
    """Left out, a table is encrypted with a key of AWS's own."""
    key = {"KMSMasterKeyId": block["kmsKeyArn"]} if block.get("kmsKeyArn") else {}
    return {"Enabled": True, "SSEType": "KMS", **key} if block.get("enabled") else {"Enabled": False}
