"""REST APIs, and the OpenAPI documents that define them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.apigateway import document, patches
from mlops_iac.cloud.apigateway.records import Records, bad_request, given, new_id, place
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_KEPT: Final = (
    "name", "description", "version", "binaryMediaTypes", "minimumCompressionSize", "apiKeySource",
    "endpointConfiguration", "policy", "disableExecuteApiEndpoint", "securityPolicy", "endpointAccessMode", "tags",
)  # fmt: skip
_PATCHED: Final[Mapping[str, patches.Cast]] = {
    "/description": str,
    "/disableExecuteApiEndpoint": patches.truth,
    "/endpointAccessMode": str,
    "/name": str,
    "/policy": str,
    "/securityPolicy": str,
}
_TAGGED: Final = {"apikeys": "key", "restapis": "api", "usageplans": "plan"}


def install(gateway: Gateway, records: Records) -> None:
    apis = Apis(records)
    for operation, answer in (
        ("CreateRestApi", apis.create),
        ("GetRestApi", apis.get),
        ("GetRestApis", apis.list),
        ("UpdateRestApi", apis.update),
        ("PutRestApi", apis.put),
        ("DeleteRestApi", apis.delete),
        ("TagResource", apis.tag),
        ("UntagResource", apis.untag),
        ("GetTags", apis.get_tags),
    ):
        gateway.instead("apigateway", operation, gateway.holding("apigateway", answer))


class Apis:
    def __init__(self, records: Records) -> None:
        self._records = records

    def create(self, call: Call) -> dict[str, Any]:
        if call.params.get("cloneFrom"):
            raise AwsError("NotImplemented", "The embedded cloud does not copy APIs.", 501)
        record = {
            "apiKeySource": "HEADER",
            "endpointConfiguration": {"types": ["EDGE"], "ipAddressType": "ipv4"},
            "disableExecuteApiEndpoint": False,
            **given(call, *_KEPT),
            "id": new_id(),
            "rootResourceId": new_id(),
            "createdDate": now(),
        }
        _check(record)
        record["policy"] = _complete(record, call)
        self._records.of("api")[place(call, record["id"])] = record
        return _shown(record)

    def get(self, call: Call) -> dict[str, Any]:
        return _shown(self._get(call))

    def list(self, call: Call) -> dict[str, Any]:
        found = [_shown(one) for _, one in self._records.under("api", call.account_id, call.region)]
        return {"items": found[: call.params.get("limit") or 500]}

    def update(self, call: Call) -> dict[str, Any]:
        record = self._get(call)
        changed = {**record}
        patches.apply(changed, call.params.get("patchOperations") or [], _PATCHED)
        _check(changed)
        changed["policy"] = _complete(changed, call)
        record.update(changed)
        return _shown(record)

    def put(self, call: Call) -> dict[str, Any]:
        """Define what the API does. ``merge`` is refused: a document here says everything."""
        record = self._get(call)
        if (call.params.get("mode") or "overwrite") != "overwrite":
            raise AwsError("NotImplemented", "The embedded cloud imports documents with mode=overwrite.", 501)
        text = call.params["body"]
        body = document.read(text.decode() if isinstance(text, bytes) else text)
        record["_document"] = body
        record["binaryMediaTypes"] = body.get("x-amazon-apigateway-binary-media-types", [])
        if "x-amazon-apigateway-policy" in body:
            record["policy"] = json.dumps(body["x-amazon-apigateway-policy"])
        _check(record)
        record["policy"] = _complete(record, call)
        return _shown(record)

    def delete(self, call: Call) -> dict[str, Any]:
        api = self._get(call)["id"]
        attached = [one["name"] for _, one in self._records.under("plan") if _names(one, api)]
        if attached:
            raise bad_request(
                f"Cannot delete an API with usage plans: {', '.join(attached)}. Remove its stages from them first."
            )
        for kind in ("stage", "deployment", "api"):
            for key, _ in self._records.under(kind, *place(call, api)):
                del self._records.of(kind)[key]
        return {}

    def tag(self, call: Call) -> dict[str, Any]:
        record = self._tagged(call)
        record["tags"] = {**record.get("tags", {}), **call.params["tags"]}
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        record = self._tagged(call)
        record["tags"] = {k: v for k, v in record.get("tags", {}).items() if k not in call.params["tagKeys"]}
        return {}

    def get_tags(self, call: Call) -> dict[str, Any]:
        return {"tags": dict(self._tagged(call).get("tags", {}))}

    def _get(self, call: Call) -> dict[str, Any]:
        return self._records.get("api", place(call, call.params["restApiId"]))

    def _tagged(self, call: Call) -> dict[str, Any]:
        """``arn:aws:apigateway:<region>::/restapis/<id>/stages/<name>``: what of it carries tags."""
        kind, id, *rest = call.params["resourceArn"].rpartition("::/")[2].split("/")
        if len(rest) == 2 and rest[0] == "stages":
            return self._records.get("stage", place(call, id, rest[1]))
        return self._records.get(_TAGGED.get(kind, "api"), place(call, id))


def _names(plan: dict[str, Any], api: str) -> bool:
    return any(stage["apiId"] == api for stage in plan.get("apiStages", ()))


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not name.startswith("_")}


def _complete(record: dict[str, Any], call: Call) -> str:
    """A policy may write this very API as ``execute-api:/``; AWS keeps it written out."""
    own = call.arn("execute-api", record["id"])
    return str(record.get("policy") or "").replace('"execute-api:/', f'"{own}/')


def _check(record: dict[str, Any]) -> None:
    if record.get("apiKeySource") != "HEADER":
        raise AwsError("NotImplemented", "The embedded cloud reads API keys from the header x-api-key only.", 501)
    if record["endpointConfiguration"].get("types") == ["PRIVATE"]:
        raise AwsError("NotImplemented", "The embedded cloud does not serve private APIs.", 501)
    document.read_policy(record.get("policy") or "")
