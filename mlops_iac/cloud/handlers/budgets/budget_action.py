"""aws:budgets/budgetAction:BudgetAction."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

ATTACHED = ("EXECUTION_SUCCESS", "REVERSE_FAILURE")


ONCE = ("ActionType", "ActionThreshold", "Definition", "NotificationType")


class BudgetAction(Resource):
    """CreateBudgetAction, DescribeBudgetAction, UpdateBudgetAction, DeleteBudgetAction. What was attached is taken back
    (ExecuteBudgetAction) before a change and before deleting, so that nothing stays on the roles; Terraform's provider
    leaves it. Tags are in state."""

    type = "aws:budgets/budgetAction:BudgetAction"
    service = "budgets"
    create_op, read_op, update_op = "CreateBudgetAction", "DescribeBudgetAction", "UpdateBudgetAction"
    delete_op = "DeleteBudgetAction"
    extras = frozenset({"accountId"})
    name_input = ""
    identity = ("accountId", "budgetName", "actionType", "definition", "actionThreshold", "notificationType")
    replace_on = frozenset({"accountId", "actionType", "budgetName"})
    required = frozenset(
        {
            "actionThreshold",
            "actionType",
            "approvalModel",
            "budgetName",
            "definition",
            "executionRoleArn",
            "notificationType",
            "subscribers",
        }
    )
    id_from = "id"
    key = {"AccountId": "accountId", "BudgetName": "budgetName", "ActionId": "actionId"}
    read_item = "Action"
    computed = {"actionId": "ActionId", "status": "Status"}
    initial = {"status": "STANDBY"}
    formats = {
        "id": "{accountId}:{actionId}:{budgetName}",
        "arn": "arn:{partition}:budgets::{accountId}:budget/{budgetName}/action/{actionId}",
    }
    regional = False

    @classmethod
    def _taggable(cls) -> bool:
        return True

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        inputs.setdefault("accountId", scope.account_id)

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {**super().create_params(scope, inputs), "AccountId": inputs["accountId"]}

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """By what a budget has once."""
        asked = self.create_params(scope, inputs)
        owner = {member: asked[member] for member in ("AccountId", "BudgetName")}
        found = self.api(scope, inputs).maybe("DescribeBudgetActionsForBudget", **owner) or {"Actions": []}
        alike = (one for one in found["Actions"] if all(one[member] == asked[member] for member in ONCE))
        action = next(alike, None)
        return self.read(scope, "", {**inputs, "actionId": action["ActionId"]}) if action else None

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        self._take_back(self.api(scope, outputs), outputs)
        return super().update(scope, id, old, new, outputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        self._take_back(api, outputs)
        super().remove(api, scope, outputs)

    def _take_back(self, api: Api, outputs: Props) -> None:
        named = {member: outputs[output] for member, output in self.key.items()}
        found = api.maybe("DescribeBudgetAction", **named)
        if found and found["Action"]["Status"] in ATTACHED:
            api("ExecuteBudgetAction", **named, ExecutionType="REVERSE_BUDGET_ACTION")
