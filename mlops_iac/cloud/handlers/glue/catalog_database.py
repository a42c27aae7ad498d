"""aws:glue/catalogDatabase:CatalogDatabase."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class CatalogDatabase(Resource):
    """CreateDatabase, GetDatabase, UpdateDatabase, DeleteDatabase. A read refreshes description, location and
    parameters."""

    type = "aws:glue/catalogDatabase:CatalogDatabase"
    service = "glue"
    create_op, read_op = "CreateDatabase", "GetDatabase"
    update_op, delete_op = "UpdateDatabase", "DeleteDatabase"
    wrapped = "DatabaseInput"
    name_limit, prefix_input = 255, ""
    id_from = "id"
    replace_on = frozenset({"catalogId"})
    key = {"Name": "name", "CatalogId": "catalogId"}
    read_item = "Database"
    formats = {"arn": "arn:{partition}:glue:{region}:{account}:database/{name}", "id": "{catalogId}:{name}"}
    refreshed = {"description": "Description", "locationUri": "LocationUri", "parameters": "Parameters"}
    tags = TagCalls(list="GetTags")

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        inputs.setdefault("catalogId", scope.account_id)

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        params = super().update_params(scope, inputs, outputs)
        params["DatabaseInput"]["Name"] = outputs["name"]
        return params
