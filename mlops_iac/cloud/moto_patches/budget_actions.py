"""Actions of budgets, which moto lacks: kept beside moto's own budget, and carried out by `cloud/budgets`.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Action.html. Of AWS's three kinds the
one that attaches an IAM policy is here; service control policies and SSM documents are refused.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.moto_patches.budgets import find_budget, get_budget
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

KIND: Final = "APPLY_IAM_POLICY"
MOST: Final = 5
"""Actions of one budget: https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html"""
CHANGEABLE: Final[tuple[str, ...]] = (
    "ActionThreshold",
    "ApprovalModel",
    "Definition",
    "ExecutionRoleArn",
    "NotificationType",
    "Subscribers",
)


def apply(gateway: Gateway) -> None:
    for operation, fn in (
        ("CreateBudgetAction", _create),
        ("DescribeBudgetAction", _describe),
        ("DescribeBudgetActionsForBudget", _describe_all),
        ("UpdateBudgetAction", _update),
        ("DeleteBudgetAction", _delete),
    ):
        gateway.instead("budgets", operation, gateway.holding("budgets", fn))


def actions_of(budget: Any) -> dict[str, dict[str, Any]]:
    """By their ids, as DescribeBudgetAction has them."""
    found: dict[str, dict[str, Any]] = vars(budget).setdefault("actions", {})
    return found


def get_action(call: Call) -> dict[str, Any]:
    found = actions_of(get_budget(call, call.params["BudgetName"])).get(call.params["ActionId"])
    if found is None:
        raise AwsError("NotFoundException", f"Unable to find the action {call.params['ActionId']} of this budget.")
    return found


def _create(call: Call) -> dict[str, Any]:
    asked = call.params
    known = actions_of(get_budget(call, asked["BudgetName"]))
    _check(asked)
    if len(known) >= MOST:
        raise AwsError("CreationLimitExceededException", f"A budget has {MOST} actions at most.")
    if any(_is_same(one, asked) for one in known.values()):
        raise AwsError("DuplicateRecordException", "The budget has such an action already.")
    id = str(uuid.uuid4())
    told = {key: asked[key] for key in ("BudgetName", "ActionType", *CHANGEABLE)}
    known[id] = {"ActionId": id, "Status": "STANDBY", **told}
    return {"AccountId": call.account_id, "BudgetName": asked["BudgetName"], "ActionId": id}


def _is_same(one: dict[str, Any], asked: dict[str, Any]) -> bool:
    return all(one[key] == asked[key] for key in ("ActionThreshold", "ActionType", "Definition", "NotificationType"))


def _check(asked: dict[str, Any]) -> None:
    if asked.get("ActionType", KIND) != KIND or "IamActionDefinition" not in asked.get("Definition", {}):
        raise AwsError("InvalidParameterException", f"The embedded cloud carries out {KIND} only.")
    iam = asked["Definition"]["IamActionDefinition"]
    if not any(iam.get(key) for key in ("Roles", "Groups", "Users")):
        raise AwsError("InvalidParameterException", "The action names no role, group or user.")
    if iam.get("Groups") or iam.get("Users"):
        raise AwsError("InvalidParameterException", "The embedded cloud attaches a budget's policy to roles only.")


def _described(call: Call, action: dict[str, Any]) -> dict[str, Any]:
    return {"AccountId": call.account_id, "BudgetName": call.params["BudgetName"], "Action": dict(action)}


def _describe(call: Call) -> dict[str, Any]:
    return _described(call, get_action(call))


def _describe_all(call: Call) -> dict[str, Any]:
    return {"Actions": [dict(one) for one in actions_of(get_budget(call, call.params["BudgetName"])).values()]}


def _update(call: Call) -> dict[str, Any]:
    action = get_action(call)
    if action["Status"] not in ("STANDBY", "REVERSE_SUCCESS", "EXECUTION_FAILURE", "PENDING"):
        raise AwsError("ResourceLockedException", f"The action is {action['Status']}: reverse or reset it first.")
    changed = {key: call.params[key] for key in CHANGEABLE if key in call.params}
    _check({**action, **changed})
    old = dict(action)
    action.update(changed)
    told = {"AccountId": call.account_id, "BudgetName": call.params["BudgetName"]}
    return {**told, "OldAction": old, "NewAction": dict(action)}


def _delete(call: Call) -> dict[str, Any]:
    """What it attached stays attached, as on AWS: who wants that undone reverses it first."""
    action = get_action(call)
    budget = find_budget(call.account_id, call.params["BudgetName"])
    del actions_of(budget)[call.params["ActionId"]]
    return _described(call, action)
