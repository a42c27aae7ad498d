"""aws:apigateway/usagePlanKey:UsagePlanKey."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class UsagePlanKey(Resource):
    """CreateUsagePlanKey, GetUsagePlanKey, DeleteUsagePlanKey. AWS answers the key's value here too: it is a
    secret."""

    type = "aws:apigateway/usagePlanKey:UsagePlanKey"
    service = "apigateway"
    create_op, read_op, delete_op = "CreateUsagePlanKey", "GetUsagePlanKey", "DeleteUsagePlanKey"
    required = frozenset({"keyId", "keyType", "usagePlanId"})
    choices = {"keyType": ("API_KEY",)}
    name_input = ""
    identity = ("keyId", "usagePlanId")
    replace_on = frozenset({"keyType"})
    id_from = "id"
    key = {"usagePlanId": "usagePlanId", "keyId": "keyId"}
    computed = {"id": "id", "name": "name", "value": "value"}
    secret_outputs = frozenset({"value"})

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        return api.maybe("GetUsagePlanKey", **self._keys(self.key, outputs))
