"""Carries a budget's action out when more was spent than its threshold, and takes it back when that is over: in the
next month, or when the limit was raised.

AWS looks at bills up to three times a day; here a budget is looked at when a job ends, when it or an action of it
changes, and each minute. A forecast needs a history that there is none of here: such an action stays on standby. One
that wants approval waits for ExecuteBudgetAction.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.budgets.meter import Meter, month_of
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.moto_patches.budget_actions import actions_of, get_action
from mlops_iac.cloud.moto_patches.budgets import budgets_of
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud.budgets")

EVERY: Final = 60.0
SERVICE: Final = "budgets.amazonaws.com"
REGION: Final = "us-east-1"
"""Budgets has no region; IAM neither."""
FROM: Final = {
    "APPROVE_BUDGET_ACTION": ("PENDING",),
    "RETRY_BUDGET_ACTION": ("EXECUTION_FAILURE",),
    "REVERSE_BUDGET_ACTION": ("EXECUTION_SUCCESS", "REVERSE_FAILURE"),
    "RESET_BUDGET_ACTION": ("REVERSE_SUCCESS",),
}
"""What may be asked of an action, and where it must stand."""
MONTH: Final = "month"
"""In which an action was carried out: kept beside it, and shown to nobody."""


class Actions:
    def __init__(self, gateway: Gateway, meter: Meter) -> None:
        self._gateway, self._meter = gateway, meter
        self._lock, self._stopped, self._due = threading.Lock(), threading.Event(), threading.Event()

    def install(self) -> None:
        gateway = self._gateway
        for operation in ("CreateBudget", "UpdateBudget", "CreateBudgetAction", "UpdateBudgetAction"):
            gateway.after("budgets", operation, lambda call: self.look(call.account_id))
        gateway.instead("budgets", "ExecuteBudgetAction", self._execute)
        gateway.on_news(lambda news: self._due.set() if news.kind == "job" else None)
        gateway.on_moved(self._due.set)
        gateway.on_start(lambda: threading.Thread(target=self._live, name="budgets", daemon=True).start())
        gateway.on_stop(self._stop)

    def look(self, account_id: str) -> None:
        """Compare each budget of an account with what was spent."""
        with self._lock, self._gateway.locked("budgets"):
            budgets = [budget for budget in budgets_of(account_id).values() if actions_of(budget)]
        for budget in budgets:
            self._look_at(account_id, budget)

    def _live(self) -> None:
        while not self._stopped.is_set():
            self._due.wait(EVERY)
            self._due.clear()
            if self._stopped.is_set() or not self._gateway.ready.wait(1.0):
                continue
            try:
                for account_id in _accounts():
                    self.look(account_id)
            except Exception:
                log.exception("Budgets could not be looked at.")

    def _stop(self) -> None:
        self._stopped.set()
        self._due.set()

    def _look_at(self, account_id: str, budget: Any) -> None:
        month = month_of(datetime.now(UTC))
        spent = self._meter.spent(account_id, month, _wanted(budget.budget))
        budget.budget["CalculatedSpend"] = {"ActualSpend": {"Amount": f"{spent:.4f}", "Unit": "USD"}}
        for action in actions_of(budget).values():
            over = action["NotificationType"] == "ACTUAL" and spent > _threshold(budget.budget, action)
            done, same_month = action["Status"] == "EXECUTION_SUCCESS", action.get(MONTH) == month
            if over and action["Status"] == "STANDBY":
                self._begin(action, month)
            elif done and not (over and same_month):
                self._undo(action, "STANDBY")
                if over:
                    self._begin(action, month)
            elif action["Status"] in ("PENDING", "REVERSE_SUCCESS") and not same_month:
                action["Status"] = "STANDBY"
        self._gateway.touch()

    def _begin(self, action: dict[str, Any], month: str) -> None:
        action[MONTH] = month
        if action["ApprovalModel"] == "MANUAL":
            action["Status"] = "PENDING"
        else:
            self._do(action)

    def _do(self, action: dict[str, Any]) -> None:
        self._each_role(action, "attach_role_policy", "EXECUTION_SUCCESS", "EXECUTION_FAILURE")

    def _undo(self, action: dict[str, Any], status: str) -> None:
        self._each_role(action, "detach_role_policy", status, "REVERSE_FAILURE")

    def _each_role(self, action: dict[str, Any], call: str, status: str, failure: str) -> None:
        """In the role that the action was given; what that may not do fails."""
        asked = action["Definition"]["IamActionDefinition"]
        try:
            iam = self._gateway.roles.clients(action["ExecutionRoleArn"], SERVICE, "budgets", REGION)("iam")
            for role in asked["Roles"]:
                _unless_done(partial(getattr(iam, call), RoleName=role, PolicyArn=asked["PolicyArn"]))
            action["Status"] = status
        except Exception as error:
            if not isinstance(error, CannotAssume) and not hasattr(error, "response"):
                raise
            log.warning("Action %s of budget %s: %s", action["ActionId"], action["BudgetName"], error)
            action["Status"] = failure

    def _execute(self, call: Call) -> dict[str, Any]:
        """https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_ExecuteBudgetAction.html"""
        with self._gateway.locked("budgets"):
            action = get_action(call)
        kind, status = call.params["ExecutionType"], action["Status"]
        if status not in FROM[kind]:
            raise AwsError("InvalidParameterException", f"{kind} does not go with an action that is {status}.")
        if kind == "REVERSE_BUDGET_ACTION":
            self._undo(action, "REVERSE_SUCCESS")
        elif kind == "RESET_BUDGET_ACTION":
            action["Status"] = "STANDBY"
        else:
            self._do(action)
        self._gateway.touch()
        told = {key: call.params[key] for key in ("BudgetName", "ActionId", "ExecutionType")}
        return {"AccountId": call.account_id, **told}


def _unless_done(call: Callable[[], object]) -> None:
    """What is not attached any more needs no detaching, and a role that is gone neither."""
    try:
        call()
    except Exception as error:
        if getattr(error, "response", {}).get("Error", {}).get("Code") != "NoSuchEntity":
            raise


def _accounts() -> list[str]:
    import sys

    if "moto.budgets.models" not in sys.modules:
        return []
    from moto.budgets.models import budgets_backends

    return [*budgets_backends.keys()]


def _wanted(budget: dict[str, Any]) -> dict[str, str] | None:
    """The tags of its filter, which is written ``user:KEY$VALUE``; None where it has none."""
    values = (budget.get("CostFilters") or {}).get("TagKeyValue")
    if not values:
        return None
    pairs = (str(value).removeprefix("user:").partition("$") for value in values)
    return {key: value for key, _, value in pairs}


def _threshold(budget: dict[str, Any], action: dict[str, Any]) -> float:
    asked, limit = action["ActionThreshold"], float((budget.get("BudgetLimit") or {}).get("Amount", "inf"))
    value = float(asked["ActionThresholdValue"])
    return value if asked["ActionThresholdType"] == "ABSOLUTE_VALUE" else limit * value / 100
