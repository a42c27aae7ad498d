"""Actions of budgets: when they are carried out, in whose rights, and how they are taken back."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import budgets
from mlops_iac.cloud.budgets.meter import STORE
from mlops_iac.cloud.server import Install
from tests.cloud.conftest import Cloud
from tests.support.roles import allow, deny, document, make_role

ACCOUNT = {"AccountId": "123456789012"}
STACK = "screening-dev"
MAY_ATTACH = allow("iam:AttachRolePolicy", "iam:DetachRolePolicy")
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return (budgets.install,)


class Acting:
    """A budget of ten dollars of one stack, with one action on one role."""

    def __init__(self, cloud: Cloud, *rights: dict[str, Any], **more: Any) -> None:
        self.cloud, self.number = cloud, next(NUMBERS)
        self.api, self.iam = cloud.clients()("budgets"), cloud.clients()("iam")
        self.maker = f"{STACK}-maker-{self.number}"
        make_role(cloud.clients(), self.maker, allow("s3:GetObject"))
        executing = make_role(cloud.clients(), f"{STACK}-stop-{self.number}", *rights, services=("budgets",))
        denial = document(deny("sagemaker:CreateTrainingJob"))
        policy = self.iam.create_policy(PolicyName=f"{STACK}-denial-{self.number}", PolicyDocument=denial)["Policy"]
        self.budget = f"{STACK}-budget-{self.number}"
        self.stack = f"{STACK}-{self.number}"
        self.api.create_budget(**ACCOUNT, Budget=self.limited("10"))
        asked: dict[str, Any] = {
            "NotificationType": "ACTUAL",
            "ActionType": "APPLY_IAM_POLICY",
            "ActionThreshold": {"ActionThresholdValue": 50.0, "ActionThresholdType": "PERCENTAGE"},
            "Definition": {"IamActionDefinition": {"PolicyArn": policy["Arn"], "Roles": [self.maker]}},
            "ExecutionRoleArn": executing,
            "ApprovalModel": "AUTOMATIC",
            "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "team@example.org"}],
        }
        made = self.api.create_budget_action(**ACCOUNT, BudgetName=self.budget, **{**asked, **more})
        self.named = {**ACCOUNT, "BudgetName": self.budget, "ActionId": made["ActionId"]}

    def limited(self, dollars: str) -> dict[str, Any]:
        return {
            "BudgetName": self.budget, "BudgetType": "COST", "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": dollars, "Unit": "USD"},
            "CostFilters": {"TagKeyValue": [f"user:mlops-iac:stack${self.stack}"]},
        }  # fmt: skip

    def spend(self, dollars: float, *, stack: str = "", month: str = "") -> None:
        """As if jobs had ended."""
        job = {
            "account": ACCOUNT["AccountId"], "month": month or f"{datetime.now(UTC):%Y-%m}", "dollars": dollars,
            "tags": {"mlops-iac:stack": stack or self.stack},
        }  # fmt: skip
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{self.number}-{next(NUMBERS)}"
        self.cloud.gateway.store[STORE][arn] = job
        self.look()

    def look(self) -> None:
        self.api.update_budget(**ACCOUNT, NewBudget=self.limited("10"))

    def execute(self, kind: str) -> None:
        self.api.execute_budget_action(**self.named, ExecutionType=f"{kind}_BUDGET_ACTION")

    @property
    def stands(self) -> tuple[str, bool]:
        """Its status, and whether the role has the policy."""
        status = self.api.describe_budget_action(**self.named)["Action"]["Status"]
        return status, bool(self.iam.list_attached_role_policies(RoleName=self.maker)["AttachedPolicies"])


def test_it_is_carried_out_when_more_was_spent_and_taken_back_when_the_limit_is_raised(cloud: Cloud):
    acting = Acting(cloud, MAY_ATTACH)
    acting.spend(5)
    acting.spend(100, stack="another-dev")
    acting.spend(100, month="2020-01")
    assert acting.stands == ("STANDBY", False)
    acting.spend(0.01)
    assert acting.stands == ("EXECUTION_SUCCESS", True)
    spent = acting.api.describe_budget(**ACCOUNT, BudgetName=acting.budget)["Budget"]["CalculatedSpend"]
    assert float(spent["ActualSpend"]["Amount"]) == pytest.approx(5.01)
    acting.api.update_budget(**ACCOUNT, NewBudget=acting.limited("100"))
    assert acting.stands == ("STANDBY", False)


def test_one_that_wants_approval_waits(cloud: Cloud):
    acting = Acting(cloud, MAY_ATTACH, ApprovalModel="MANUAL")
    acting.spend(6)
    assert acting.stands == ("PENDING", False)
    acting.execute("APPROVE")
    assert acting.stands == ("EXECUTION_SUCCESS", True)
    acting.execute("REVERSE")
    assert acting.stands == ("REVERSE_SUCCESS", False)
    acting.look()
    assert acting.stands == ("REVERSE_SUCCESS", False)  # for the rest of the month
    with pytest.raises(ClientError, match="does not go with"):
        acting.execute("APPROVE")
    acting.execute("RESET")
    acting.look()
    assert acting.stands == ("PENDING", False)


def test_it_may_do_what_its_role_may(cloud: Cloud):
    acting = Acting(cloud, allow("s3:GetObject"))
    acting.spend(6)
    assert acting.stands == ("EXECUTION_FAILURE", False)
    cloud.clients()("iam").put_role_policy(
        RoleName=f"{STACK}-stop-{acting.number}", PolicyName="more", PolicyDocument=document(MAY_ATTACH)
    )
    acting.execute("RETRY")
    assert acting.stands == ("EXECUTION_SUCCESS", True)


def test_a_forecast_is_never_made_here(cloud: Cloud):
    acting = Acting(cloud, MAY_ATTACH, NotificationType="FORECASTED")
    acting.spend(100)
    assert acting.stands == ("STANDBY", False)


@pytest.mark.parametrize(
    "more",
    [
        {
            "ActionType": "APPLY_SCP_POLICY",
            "Definition": {"ScpActionDefinition": {"PolicyId": "p-12345678", "TargetIds": ["123456789012"]}},
        },
        {"Definition": {"IamActionDefinition": {"PolicyArn": "arn:aws:iam::123456789012:policy/p-of-nobody"}}},
        {
            "Definition": {
                "IamActionDefinition": {"PolicyArn": "arn:aws:iam::123456789012:policy/p-of-users", "Users": ["a"]}
            }
        },
    ],
    ids=["control-policy", "nobody", "users"],
)
def test_what_is_not_here_is_refused(more: dict[str, Any], cloud: Cloud):
    with pytest.raises(ClientError, match="InvalidParameterException"):
        Acting(cloud, MAY_ATTACH, **more)


def test_the_same_action_twice_is_refused_and_one_that_acts_is_not_changed(cloud: Cloud):
    acting = Acting(cloud, MAY_ATTACH)
    known = acting.api.describe_budget_action(**acting.named)["Action"]
    again = {key: value for key, value in known.items() if key not in ("ActionId", "Status")}
    with pytest.raises(ClientError, match="DuplicateRecordException"):
        acting.api.create_budget_action(**ACCOUNT, **again)
    acting.spend(6)
    with pytest.raises(ClientError, match="ResourceLockedException"):
        acting.api.update_budget_action(**acting.named, ApprovalModel="MANUAL")
    acting.api.delete_budget_action(**acting.named)
    with pytest.raises(ClientError, match="NotFoundException"):
        acting.api.describe_budget_action(**acting.named)
