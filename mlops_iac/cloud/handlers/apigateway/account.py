"""aws:apigateway/account:Account."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers.apigateway._patches import replace
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

ID = "api-gateway-account"


class Account(Resource):
    """UpdateAccount makes, changes and takes back, GetAccount. An account has one in each region: who makes another
    one takes over the same setting, as on AWS."""

    type = "aws:apigateway/account:Account"
    service = "apigateway"
    create_op, read_op = "UpdateAccount", "GetAccount"
    extras = frozenset({"cloudwatchRoleArn"})
    references = {"cloudwatchRoleArn": "role"}
    name_input = ""
    id_from = "id"
    initial = {"id": ID}
    computed = {"apiKeyVersion": "apiKeyVersion", "features": "features", "throttleSettings": "[throttleSettings]"}
    refreshed = {"cloudwatchRoleArn": "cloudwatchRoleArn"}
    upserts = True
    create_calls = 2

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {"patchOperations": [replace("/cloudwatchRoleArn", inputs.get("cloudwatchRoleArn", ""))]}

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        found = api("GetAccount")
        return found if found.get("cloudwatchRoleArn") or not outputs.get("cloudwatchRoleArn") else None

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "cloudwatchRoleArn" in changed:
            api("UpdateAccount", patchOperations=[replace("/cloudwatchRoleArn", outputs.get("cloudwatchRoleArn", ""))])

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        """Whoever set it last: Pulumi's provider takes it back without looking."""
        api("UpdateAccount", patchOperations=[replace("/cloudwatchRoleArn", "")])
