"""aws:apigateway/apiKey:ApiKey."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._by_name import FoundByName
from mlops_iac.cloud.handlers.apigateway._patches import TAGS, replaced
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

_PATHS = {name: f"/{name}" for name in ("customerId", "description", "enabled", "name")}


class ApiKey(FoundByName):
    """CreateApiKey, GetApiKey, UpdateApiKey, DeleteApiKey. Its value is a secret wherever it is kept; AWS makes one
    where none is given."""

    type = "aws:apigateway/apiKey:ApiKey"
    service = "apigateway"
    create_op, read_op, delete_op = "CreateApiKey", "GetApiKey", "DeleteApiKey"
    defaults = {"enabled": True}
    name_limit, prefix_input = 1024, ""
    replace_on = frozenset({"value"})
    id_from = "id"
    key = {"apiKey": "id"}
    computed = {
        "id": "id",
        "value": "value",
        "createdDate": "createdDate",
        "lastUpdatedDate": "lastUpdatedDate",
    }
    formats = {"arn": "arn:{partition}:apigateway:{region}::/apikeys/{id}"}
    refreshed = {name: name for name in ("description", "enabled", "name")}
    secret_outputs = frozenset({"value"})
    tags = TAGS

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"region", "value"}

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        return api.maybe("GetApiKey", apiKey=outputs["id"], includeValue=True)

    def listed(self, api: Api, inputs: Props) -> dict[str, str]:
        return {one["id"]: one.get("name", "") for one in api("GetApiKeys", nameQuery=inputs["name"])["items"]}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        operations = replaced(_PATHS, changed, outputs)
        if operations:
            answer = api("UpdateApiKey", apiKey=outputs["id"], patchOperations=operations)
            outputs.update(self._picked({"lastUpdatedDate": "lastUpdatedDate"}, answer))
