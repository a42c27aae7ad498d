"""Deployments, which are snapshots of an API, and stages, at whose addresses one of them is served."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.apigateway import access_log, patches
from mlops_iac.cloud.apigateway.records import Records, bad_request, given, new_id, place
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SNAPSHOT: Final = ("_document", "policy", "name", "disableExecuteApiEndpoint")
"""What of an API is served as it was when the deployment was made."""
REFUSED: Final = {
    "cacheClusterEnabled": "does not cache answers",
    "canarySettings": "deploys a stage at once",
    "clientCertificateId": "asks its endpoints itself",
    "documentationVersion": "keeps no documentation of APIs",
    "tracingEnabled": "has no X-Ray",
    "variables": "fills no stage variables: its documents take none",
}
SETTINGS: Final[Mapping[str, tuple[str, patches.Cast]]] = {
    "metrics/enabled": ("metricsEnabled", patches.truth),
    "logging/loglevel": ("loggingLevel", str),
    "logging/dataTrace": ("dataTraceEnabled", patches.truth),
    "throttling/burstLimit": ("throttlingBurstLimit", patches.number),
    "throttling/rateLimit": ("throttlingRateLimit", patches.rate),
}
"""Of methods: the end of a patch's path, to the member."""
_ALL: Final = "*/*"


def install(gateway: Gateway, records: Records) -> None:
    stages = Stages(records)
    for operation, answer in (
        ("CreateDeployment", stages.deploy),
        ("GetDeployment", stages.get_deployment),
        ("GetDeployments", stages.list_deployments),
        ("UpdateDeployment", stages.update_deployment),
        ("DeleteDeployment", stages.delete_deployment),
        ("CreateStage", stages.create),
        ("GetStage", stages.get),
        ("GetStages", stages.list),
        ("UpdateStage", stages.update),
        ("DeleteStage", stages.delete),
    ):
        gateway.instead("apigateway", operation, gateway.holding("apigateway", answer))


class Stages:
    def __init__(self, records: Records) -> None:
        self._records = records

    def deploy(self, call: Call) -> dict[str, Any]:
        api = self._records.get("api", place(call, call.params["restApiId"]))
        refuse(call, (*REFUSED, "stageName"))
        if not api.get("_document", {}).get("paths"):
            raise bad_request(
                "The REST API doesn't contain any methods. The embedded cloud serves what an OpenAPI document defines "
                "(PutRestApi)"
            )
        record = {"id": new_id(), "createdDate": now(), **given(call, "description")}
        record |= {f"_api_{name}": copy.deepcopy(api.get(name)) for name in SNAPSHOT}
        self._records.of("deployment")[place(call, api["id"], record["id"])] = record
        return _shown(record)

    def get_deployment(self, call: Call) -> dict[str, Any]:
        return _shown(self._deployment(call))

    def list_deployments(self, call: Call) -> dict[str, Any]:
        found = self._records.under("deployment", *place(call, call.params["restApiId"]))
        return {"items": [_shown(one) for _, one in found]}

    def update_deployment(self, call: Call) -> dict[str, Any]:
        record = self._deployment(call)
        patches.apply(record, call.params.get("patchOperations") or [], {"/description": str})
        return _shown(record)

    def delete_deployment(self, call: Call) -> dict[str, Any]:
        id = self._deployment(call)["id"]
        for _, stage in self._records.under("stage", *place(call, call.params["restApiId"])):
            if stage["deploymentId"] == id:
                raise bad_request("Active stages pointing to this deployment must be moved or deleted")
        del self._records.of("deployment")[place(call, call.params["restApiId"], id)]
        return {}

    def create(self, call: Call) -> dict[str, Any]:
        refuse(call, REFUSED)
        key = place(call, call.params["restApiId"], call.params["stageName"])
        self._check_deployment(call, call.params["deploymentId"])
        if key in self._records.of("stage"):
            raise AwsError("ConflictException", "Stage already exists", 409)
        record = {
            **given(call, "stageName", "deploymentId", "description", "tags"),
            "createdDate": now(),
            "lastUpdatedDate": now(),
            "methodSettings": {},
        }
        self._records.of("stage")[key] = record
        return dict(record)

    def get(self, call: Call) -> dict[str, Any]:
        return copy.deepcopy(self._stage(call))

    def list(self, call: Call) -> dict[str, Any]:
        found = self._records.under("stage", *place(call, call.params["restApiId"]))
        return {"item": [copy.deepcopy(one) for _, one in found]}

    def update(self, call: Call) -> dict[str, Any]:
        record = self._stage(call)
        changed = copy.deepcopy(record)
        for each in call.params.get("patchOperations") or []:
            if each["path"] == "/accessLogSettings" and each["op"] == "remove":
                changed.pop("accessLogSettings", None)
            elif not _change_setting(changed["methodSettings"], each):
                patches.apply(changed, [each], _PATCHED)
        self._check_deployment(call, changed["deploymentId"])
        access_log.check(self._records, call, changed.get("accessLogSettings") or {})
        record.clear()
        record.update(changed, lastUpdatedDate=now())
        return copy.deepcopy(record)

    def delete(self, call: Call) -> dict[str, Any]:
        self._stage(call)
        api, name = call.params["restApiId"], call.params["stageName"]
        del self._records.of("stage")[place(call, api, name)]
        for _, plan in self._records.under("plan", *place(call)):
            plan["apiStages"] = [one for one in plan["apiStages"] if (one["apiId"], one["stage"]) != (api, name)]
        return {}

    def _stage(self, call: Call) -> dict[str, Any]:
        return self._records.get("stage", place(call, call.params["restApiId"], call.params["stageName"]))

    def _deployment(self, call: Call) -> dict[str, Any]:
        return self._records.get("deployment", place(call, call.params["restApiId"], call.params["deploymentId"]))

    def _check_deployment(self, call: Call, id: str) -> None:
        self._records.get("api", place(call, call.params["restApiId"]))
        if self._records.find("deployment", place(call, call.params["restApiId"], id)) is None:
            raise bad_request("Deployment id does not exist")


_PATCHED: Final = {
    "/accessLogSettings/destinationArn": str,
    "/accessLogSettings/format": str,
    "/deploymentId": str,
    "/description": str,
}


def setting_of(stage: dict[str, Any], path: str, method: str) -> dict[str, Any]:
    """What a stage says of one method: its own settings over those of all methods."""
    settings = stage["methodSettings"]
    own = settings.get(f"{path.replace('/', '~1')}/{method}", {})
    return {**settings.get(_ALL, {}), **own}


def _change_setting(settings: dict[str, Any], each: dict[str, Any]) -> bool:
    """Whether a patch is about a method's settings; then it is done. ``/*/*/throttling/rateLimit``"""
    parts = each["path"].lstrip("/").split("/")
    if len(parts) == 2 and each["op"] == "remove" and "/".join(parts) in settings:
        del settings["/".join(parts)]
        return True
    known = SETTINGS.get("/".join(parts[2:]))
    if known is None:
        if "caching" in parts:
            raise AwsError("NotImplemented", "The embedded cloud does not cache answers.", 501)
        return False
    member, cast = known
    settings.setdefault("/".join(parts[:2]), {})[member] = cast(each.get("value") or "")
    return True


def refuse(call: Call, names: Any) -> None:
    """Raises `AwsError` for what would do nothing here."""
    for name in names:
        if call.params.get(name):
            why = REFUSED.get(name, "makes stages by CreateStage")
            raise AwsError("NotImplemented", f"`{name}`: the embedded cloud {why}.", 501)


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not name.startswith("_")}
