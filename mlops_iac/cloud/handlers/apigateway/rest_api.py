"""aws:apigateway/restApi:RestApi."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._by_name import FoundByName
from mlops_iac.cloud.handlers.apigateway._patches import TAGS, replaced
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

_PATHS = {
    "description": "/description",
    "disableExecuteApiEndpoint": "/disableExecuteApiEndpoint",
    "endpointAccessMode": "/endpointAccessMode",
    "name": "/name",
    "policy": "/policy",
    "securityPolicy": "/securityPolicy",
}


class RestApi(FoundByName):
    """CreateRestApi, PutRestApi for the body, GetRestApi, UpdateRestApi, DeleteRestApi. What is served is what a
    deployment took, by the body: an OpenAPI 3.0 document in JSON whose methods ask endpoints of SageMaker. Callers'
    way here is the cloud's own address with `/_aws/execute-api/ID/STAGE/PATH`; it has no TLS, as nothing leaves this
    machine, and the TLS policy is kept only."""

    type = "aws:apigateway/restApi:RestApi"
    service = "apigateway"
    create_op, read_op, delete_op = "CreateRestApi", "GetRestApi", "DeleteRestApi"
    extras = frozenset({"body", "putRestApiMode"})
    later = frozenset({"body"})
    ignores = {"failOnWarnings": "Imports here give no warnings."}
    choices = {"putRestApiMode": ("overwrite",)}
    documents = frozenset({"body", "policy"})
    name_limit, prefix_input = 1024, ""
    id_from = "id"
    key = {"restApiId": "id"}
    computed = {"id": "id", "createdDate": "createdDate", "rootResourceId": "rootResourceId"}
    formats = {
        "arn": "arn:{partition}:apigateway:{region}::/restapis/{id}",
        "executionArn": "arn:{partition}:execute-api:{region}:{account}:{id}",
    }
    refreshed = {name: name for name in ("description", "name")}
    tags = TAGS
    create_calls = 2

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        configuration = inputs.get("endpointConfiguration")
        if configuration not in (None, UNKNOWN) and configuration.get("types") == "PRIVATE":
            raise NotEmulated(self.type, "endpointConfiguration.types", hint="a private API needs AWS.")

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"region", "endpointConfiguration", "apiKeySource"}

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        self._put(api, outputs)

    def listed(self, api: Api, inputs: Props) -> dict[str, str]:
        return {one["id"]: one["name"] for one in api("GetRestApis", limit=500)["items"]}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        operations = replaced(_PATHS, changed, outputs)
        if operations:
            api("UpdateRestApi", restApiId=outputs["id"], patchOperations=operations)
        if "body" in changed:
            self._put(api, outputs)

    def _put(self, api: Api, outputs: Props) -> None:
        if outputs.get("body"):
            api("PutRestApi", restApiId=outputs["id"], mode="overwrite", body=str(outputs["body"]).encode())
