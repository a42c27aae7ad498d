"""aws:lambda/permission:Permission."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Permission(Resource):
    """AddPermission, GetPolicy, RemovePermission: one statement of a function's policy. Nothing changes in place. A
    read sees whether the statement is there."""

    type = "aws:lambda/permission:Permission"
    service = "lambda"
    create_op, read_op, delete_op = "AddPermission", "GetPolicy", "RemovePermission"
    renames = {"function": "FunctionName", "principalOrgId": "PrincipalOrgID"}
    required = frozenset({"action", "function", "principal"})
    replace_on = frozenset(
        {
            "action",
            "eventSourceToken",
            "functionUrlAuthType",
            "invokedViaFunctionUrl",
            "principal",
            "principalOrgId",
            "qualifier",
            "sourceAccount",
            "sourceArn",
        }
    )
    name_input, name_limit, prefix_input = "statementId", 100, "statementIdPrefix"
    identity = ("function", "statementId")
    id_from = "statementId"
    key = {"FunctionName": "function", "StatementId": "statementId"}
    read_key = {"FunctionName": "function"}

    create_calls = 2

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        if self.fetch(api, scope, inputs):
            told = f"The statement id ({inputs['statementId']}) provided already exists."
            raise api.refuse("AddPermission", told, "ResourceConflictException")

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("GetPolicy", FunctionName=outputs["function"]) or {}
        statements = read_json(answer["Policy"])["Statement"] if answer.get("Policy") else []
        return next((each for each in statements if each.get("Sid") == outputs["statementId"]), None)
