"""API keys. A value is in no list, and in no read that does not ask for it."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.apigateway import patches
from mlops_iac.cloud.apigateway.records import Records, bad_request, given, new_id, place
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

LETTERS, SHORTEST = 40, 20
"""Characters of a value that AWS makes, and at least of one that a person gives."""
_ALPHABET: Final = string.ascii_letters + string.digits
_PATCHED: Final[Mapping[str, patches.Cast]] = {
    "/customerId": str,
    "/description": str,
    "/enabled": patches.truth,
    "/name": str,
}


def install(gateway: Gateway, records: Records) -> None:
    keys = Keys(records)
    for operation, answer in (
        ("CreateApiKey", keys.create),
        ("GetApiKey", keys.get),
        ("GetApiKeys", keys.list),
        ("UpdateApiKey", keys.update),
        ("DeleteApiKey", keys.delete),
    ):
        gateway.instead("apigateway", operation, gateway.holding("apigateway", answer))


class Keys:
    def __init__(self, records: Records) -> None:
        self._records = records

    def create(self, call: Call) -> dict[str, Any]:
        value = call.params.get("value") or "".join(secrets.choice(_ALPHABET) for _ in range(LETTERS))
        if len(value) < SHORTEST:
            raise bad_request("API Key value should be at least 20 characters")
        if any(one["value"] == value for _, one in self._records.under("key", *place(call))):
            raise AwsError("ConflictException", "API Key already exists", 409)
        record = {
            **given(call, "name", "description", "customerId", "tags"),
            "id": new_id(),
            "value": value,
            "enabled": bool(call.params.get("enabled")),
            "createdDate": now(),
            "lastUpdatedDate": now(),
            "stageKeys": [],
        }
        self._records.of("key")[place(call, record["id"])] = record
        return dict(record)

    def get(self, call: Call) -> dict[str, Any]:
        return _shown(self._get(call), with_value=bool(call.params.get("includeValue")))

    def list(self, call: Call) -> dict[str, Any]:
        found = [
            _shown(one, with_value=bool(call.params.get("includeValues")))
            for _, one in self._records.under("key", *place(call))
            if str(one.get("name", "")).startswith(call.params.get("nameQuery") or "")
        ]
        return {"items": found[: call.params.get("limit") or 500]}

    def update(self, call: Call) -> dict[str, Any]:
        record = self._get(call)
        patches.apply(record, call.params.get("patchOperations") or [], _PATCHED)
        record["lastUpdatedDate"] = now()
        return _shown(record)

    def delete(self, call: Call) -> dict[str, Any]:
        id = self._get(call)["id"]
        del self._records.of("key")[place(call, id)]
        for key, _ in self._records.under("plan-key", *place(call)):
            if key[3] == id:
                del self._records.of("plan-key")[key]
        return {}

    def _get(self, call: Call) -> dict[str, Any]:
        return self._records.get("key", place(call, call.params["apiKey"]))


def _shown(record: dict[str, Any], *, with_value: bool = False) -> dict[str, Any]:
    return {name: value for name, value in record.items() if with_value or name != "value"}
