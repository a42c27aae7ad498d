"""What happens when a budget is spent: no new job, until the month is over or the budget is raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi_aws.budgets import BudgetAction
from pulumi_aws.iam import Policy

from mlops_iac.components._kit import BoundaryRef, Component, Grant, Named, Reach, TopicRef, policy, render
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role

__all__ = ["BudgetStop", "BudgetStopArgs", "BudgetStopNodes"]

# Idle cost: nothing for an account's first two budgets with actions; 0.10 $ a day for each further one.

ATTACH = ("iam:AttachRolePolicy", "iam:DetachRolePolicy")
OURS: Final = "arn:{partition}:iam::*:policy/{stack}-*"
"""What the boundary lets it attach; its own policy names the one that it is."""
JOBS: Final = {
    "sagemaker:CreateHyperParameterTuningJob": "hyper-parameter-tuning-job",
    "sagemaker:CreateProcessingJob": "processing-job",
    "sagemaker:CreateTrainingJob": "training-job",
    "sagemaker:CreateTransformJob": "transform-job",
    "batch:SubmitJob": "job-queue",
}
"""What makes a job, and the kind of resource that it is asked for by name."""
MOST_ROLES: Final = 100
"""Of one action: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_IamActionDefinition.html"""


@dataclass(frozen=True, kw_only=True)
class BudgetStopArgs:
    """Whose jobs end with which budget."""

    budget_name: pulumi.Input[str]
    alerts: TopicRef
    """Is told when it happens."""
    roles: Sequence[Role]
    """Who makes jobs; those that may make none are left alone."""
    boundary: BoundaryRef | None = None
    """Ceiling of the role in which it happens. Left out: none."""
    percent: float = 100.0
    """Of the budget, as it is spent. Left out: all of it."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `BudgetStopNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class BudgetStopNodes:
    policy: Policy
    action: BudgetAction


class BudgetStop(Component):
    """A policy that denies new jobs, and the action that attaches it to whoever makes them."""

    Nodes = BudgetStopNodes
    reach = (
        Reach(
            actions=ATTACH,
            on=("role/{stack}-*",),
            conditions={"ArnLike": {"iam:PolicyARN": OURS}},
        ),
    )

    def __init__(self, place: Named, args: BudgetStopArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        makers = [role for role in args.roles if makes_jobs(role)]
        denial = self._create_policy()
        self.role = self._create_role(args, denial, makers)
        action = self._create_action(args, denial, makers)

        self.nodes = BudgetStopNodes(policy=denial, action=action)
        self.register_outputs({"policy_arn": denial.arn})

    def _create_policy(self) -> Policy:
        props = {
            "description": f"No new job of {self.site.stack}: its budget is spent",
            "policy": render(policy(self._denials())),
        }
        return self.make("policy", Policy, props)

    def _denials(self) -> list[dict[str, Any]]:
        """Each action on the names of this environment alone."""
        return [
            {
                "Sid": action.partition(":")[2],
                "Effect": "Deny",
                "Action": [action],
                "Resource": [self.site.arn(action.partition(":")[0], f"{kind}/{self.site.stack}-*")],
            }
            for action, kind in JOBS.items()
        ]

    def _create_role(self, args: BudgetStopArgs, denial: Policy, makers: Sequence[Role]) -> Role:
        ours = OURS.format(partition=self.site.partition, stack=self.site.stack)
        only_this = {"ArnEquals": {"iam:PolicyARN": denial.arn}, "ArnLike": {"iam:PolicyARN": ours}}
        grant: Grant = self.allow("attach", ATTACH, tuple(role.role_arn for role in makers), only_this)
        return make_role(
            self,
            "role",
            description="Lets AWS Budgets deny new jobs when the budget is spent",
            services=("budgets.amazonaws.com",),
            grants=[grant],
            boundary=args.boundary,
        )

    def _create_action(self, args: BudgetStopArgs, denial: Policy, makers: Sequence[Role]) -> BudgetAction:
        props = {
            "budget_name": args.budget_name,
            "action_type": "APPLY_IAM_POLICY",
            "approval_model": "AUTOMATIC",
            "notification_type": "ACTUAL",
            "action_threshold": {"action_threshold_type": "PERCENTAGE", "action_threshold_value": args.percent},
            "definition": {
                "iam_action_definition": {"policy_arn": denial.arn, "roles": [role.role_name for role in makers]}
            },
            "execution_role_arn": self.role.role_arn,
            "subscribers": [{"address": args.alerts.arn, "subscription_type": "SNS"}],
        }
        return self.make("action", BudgetAction, props, depends_on=[self.role])


def makes_jobs(role: Role) -> bool:
    """As far as it has been granted anything by now."""
    return any(action in JOBS for grant in role.grants for action in grant.actions if grant.effect == "Allow")
