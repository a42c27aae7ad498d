"""Usage plans: how often whoever brings one of its keys may ask, of which stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.apigateway import patches
from mlops_iac.cloud.apigateway.records import Records, bad_request, given, new_id, place
from mlops_iac.cloud.apigateway.throttle import used
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

Listed = list[dict[str, str]]

_PATCHED: Final[Mapping[str, patches.Cast]] = {
    "/description": str,
    "/name": str,
    "/quota": str,
    "/quota/limit": patches.number,
    "/quota/offset": patches.number,
    "/quota/period": str,
    "/throttle": str,
    "/throttle/burstLimit": patches.number,
    "/throttle/rateLimit": patches.rate,
}


def install(gateway: Gateway, records: Records) -> None:
    plans = Plans(gateway, records)
    for operation, answer in (
        ("CreateUsagePlan", plans.create),
        ("GetUsagePlan", plans.get),
        ("GetUsagePlans", plans.list),
        ("UpdateUsagePlan", plans.update),
        ("DeleteUsagePlan", plans.delete),
        ("CreateUsagePlanKey", plans.add_key),
        ("GetUsagePlanKey", plans.get_key),
        ("GetUsagePlanKeys", plans.list_keys),
        ("DeleteUsagePlanKey", plans.remove_key),
        ("GetUsage", plans.get_usage),
    ):
        gateway.instead("apigateway", operation, gateway.holding("apigateway", answer))


class Plans:
    def __init__(self, gateway: Gateway, records: Records) -> None:
        self._gateway, self._records = gateway, records

    def create(self, call: Call) -> dict[str, Any]:
        record = {"apiStages": [], **given(call, "name", "description", "apiStages", "throttle", "quota", "tags")}
        record["id"] = new_id()
        for stage in record["apiStages"]:
            self._check_stage(call, stage)
        _check_quota(record)
        self._records.of("plan")[place(call, record["id"])] = record
        return dict(record)

    def get(self, call: Call) -> dict[str, Any]:
        return dict(self._get(call))

    def list(self, call: Call) -> dict[str, Any]:
        found = [dict(one) for _, one in self._records.under("plan", *place(call))]
        return {"items": found[: call.params.get("limit") or 500]}

    def update(self, call: Call) -> dict[str, Any]:
        record = self._get(call)
        operations = call.params.get("patchOperations") or []
        changed = {**record, "apiStages": [*record["apiStages"]]}
        for each in operations:
            if each["path"] == "/apiStages":
                self._change_stage(call, changed["apiStages"], each)
        rest = [each for each in operations if each["path"] != "/apiStages"]
        patches.apply(changed, rest, _PATCHED)
        _check_quota(changed)
        record.clear()
        record.update(changed)
        return dict(record)

    def delete(self, call: Call) -> dict[str, Any]:
        record = self._get(call)
        if record["apiStages"]:
            raise bad_request("Usage plan has associated API stages; remove them first")
        for key, _ in self._records.under("plan-key", *place(call, record["id"])):
            del self._records.of("plan-key")[key]
        del self._records.of("plan")[place(call, record["id"])]
        return {}

    def add_key(self, call: Call) -> dict[str, Any]:
        plan, key = self._get(call), self._records.get("key", place(call, call.params["keyId"]))
        if call.params["keyType"] != "API_KEY":
            raise bad_request("Invalid key type. Must be API_KEY")
        at = (*place(call, plan["id"]), key["id"])
        if at in self._records.of("plan-key"):
            raise AwsError("ConflictException", "Usage Plan already contains the API Key", 409)
        self._records.of("plan-key")[at] = {"id": key["id"], "type": "API_KEY", "name": key.get("name", "")}
        return {**self._records.of("plan-key")[at], "value": key["value"]}

    def get_key(self, call: Call) -> dict[str, Any]:
        key = (*place(call, call.params["usagePlanId"]), call.params["keyId"])
        value = self._records.get("key", place(call, call.params["keyId"]))["value"]
        return {**self._records.get("plan-key", key), "value": value}

    def list_keys(self, call: Call) -> dict[str, Any]:
        plan = self._get(call)
        return {"items": [dict(one) for _, one in self._records.under("plan-key", *place(call, plan["id"]))]}

    def remove_key(self, call: Call) -> dict[str, Any]:
        key = (*place(call, call.params["usagePlanId"]), call.params["keyId"])
        self._records.get("plan-key", key)
        del self._records.of("plan-key")[key]
        return {}

    def get_usage(self, call: Call) -> dict[str, Any]:
        """What of the running period's quota is used, by key; days that are past are not kept."""
        plan = self._get(call)
        limit = (plan.get("quota") or {}).get("limit", 0)
        keys = [call.params["keyId"]] if call.params.get("keyId") else [
            key[3] for key, _ in self._records.under("plan-key", *place(call, plan["id"]))
        ]  # fmt: skip
        items = {key: [[count := used(self._records, plan, key), max(limit - count, 0)]] for key in keys}
        return {"usagePlanId": plan["id"], **given(call, "startDate", "endDate"), "items": items}

    def _get(self, call: Call) -> dict[str, Any]:
        return self._records.get("plan", place(call, call.params["usagePlanId"]))

    def _change_stage(self, call: Call, stages: Listed, each: Mapping[str, str]) -> None:
        api, _, name = each.get("value", "").partition(":")
        stage = {"apiId": api, "stage": name}
        if each["op"] == "remove":
            stages[:] = [one for one in stages if (one["apiId"], one["stage"]) != (api, name)]
            return
        self._check_stage(call, stage)
        stages.append(stage)

    def _check_stage(self, call: Call, stage: Mapping[str, Any]) -> None:
        if stage.get("throttle"):
            raise AwsError("NotImplemented", "The embedded cloud throttles a plan, not each of its methods.", 501)
        if self._records.find("stage", place(call, stage["apiId"], stage["stage"])) is None:
            raise AwsError("NotFoundException", f"API Stage not found: {stage['apiId']}:{stage['stage']}", 404)


def _check_quota(record: Mapping[str, Any]) -> None:
    quota = record.get("quota") or {}
    if quota and quota.get("period") not in ("DAY", "WEEK", "MONTH"):
        raise bad_request("Usage Plan quota period must be one of DAY, WEEK, MONTH")
    if quota.get("offset"):
        raise AwsError("NotImplemented", "The embedded cloud counts quotas from the period's start.", 501)
