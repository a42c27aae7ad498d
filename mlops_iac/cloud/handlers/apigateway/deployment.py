"""aws:apigateway/deployment:Deployment."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers.apigateway._patches import replace
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Deployment(Resource):
    """CreateDeployment takes a snapshot of the API, GetDeployment, UpdateDeployment, DeleteDeployment. A change of the
    API is served once another trigger makes another deployment. Stage variables are refused: nothing here reads
    them."""

    type = "aws:apigateway/deployment:Deployment"
    service = "apigateway"
    create_op, read_op, delete_op = "CreateDeployment", "GetDeployment", "DeleteDeployment"
    renames = {"restApi": "restApiId"}
    extras = frozenset({"triggers"})
    required = frozenset({"restApi"})
    name_input = ""
    replace_on = frozenset({"restApi", "triggers"})
    id_from = "id"
    key = {"restApiId": "restApi", "deploymentId": "id"}
    computed = {"id": "id", "createdDate": "createdDate"}
    refreshed = {"description": "description"}

    @classmethod
    def honours(cls, prop: str) -> bool:
        return prop != "variables" and super().honours(prop)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "description" in changed:
            operations = [replace("/description", outputs.get("description", ""))]
            api("UpdateDeployment", **self._keys(self.key, outputs), patchOperations=operations)
