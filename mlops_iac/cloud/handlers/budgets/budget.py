"""aws:budgets/budget:Budget."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

TIME = "%Y-%m-%d_%H:%M"
"""Terraform's spelling of a budget's times."""


class Budget(Resource):
    """CreateBudget with its notifications, DescribeBudget, DeleteBudget. moto has no UpdateBudget, so an update
    deletes and makes the budget again under its name. A read refreshes existence and limit. Nothing costs here,
    so nothing is notified; tags are in state."""

    type = "aws:budgets/budget:Budget"
    service = "budgets"
    create_op, read_op, delete_op = "CreateBudget", "DescribeBudget", "DeleteBudget"
    wrapped = "Budget"
    renames = {"name": "BudgetName"}
    extras = frozenset(
        {"accountId", "costFilters", "limitAmount", "limitUnit", "notifications", "timePeriodEnd", "timePeriodStart"}
    )
    required = frozenset({"budgetType", "timeUnit"})
    name_limit = 100
    replace_on = frozenset({"accountId"})
    id_from = "id"
    key = {"AccountId": "accountId", "BudgetName": "name"}
    read_item = "Budget"
    formats = {"id": "{accountId}:{name}", "arn": "arn:{partition}:budgets::{accountId}:budget/{name}"}
    regional = False

    @classmethod
    def _taggable(cls) -> bool:
        return True

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        inputs.setdefault("accountId", scope.account_id)
        for key in ("timePeriodStart", "timePeriodEnd"):
            if isinstance(inputs.get(key), str):
                self._time(key, inputs[key])

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        params["AccountId"] = inputs["accountId"]
        budget = params["Budget"]
        if inputs.get("limitAmount"):
            budget["BudgetLimit"] = {"Amount": str(inputs["limitAmount"]), "Unit": inputs.get("limitUnit", "USD")}
        if inputs.get("costFilters"):
            budget["CostFilters"] = {cost["name"]: list(cost["values"]) for cost in inputs["costFilters"]}
        period = {"timePeriodStart": "Start", "timePeriodEnd": "End"}
        times = {member: self._time(key, inputs[key]) for key, member in period.items() if inputs.get(key)}
        if times:
            budget["TimePeriod"] = times
        if inputs.get("notifications"):
            params["NotificationsWithSubscribers"] = [_notification(wanted) for wanted in inputs["notifications"]]
        return params

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        self.delete(scope, id, outputs)
        return self.create(scope, new).outputs

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        limit = (item.get("BudgetLimit") or {}).get("Amount")
        if limit is not None and float(limit) != float(outputs.get("limitAmount") or "nan"):
            outputs["limitAmount"] = str(limit)

    def _time(self, key: str, text: str) -> datetime:
        try:
            return datetime.strptime(text, TIME).replace(tzinfo=UTC)
        except ValueError:
            raise CloudError(
                "Not a time.",
                f"`{self.type}.{key}` is `{text}`; it looks like `2026-01-31_00:00` (UTC).",
                resource=self.type,
            ) from None


def _notification(wanted: Props) -> dict[str, Any]:
    emails = [{"SubscriptionType": "EMAIL", "Address": a} for a in wanted.get("subscriberEmailAddresses") or []]
    topics = [{"SubscriptionType": "SNS", "Address": a} for a in wanted.get("subscriberSnsTopicArns") or []]
    return {
        "Notification": {
            "NotificationType": wanted["notificationType"],
            "ComparisonOperator": wanted["comparisonOperator"],
            "Threshold": float(wanted["threshold"]),
            "ThresholdType": wanted.get("thresholdType", "PERCENTAGE"),
        },
        "Subscribers": [*emails, *topics],
    }
