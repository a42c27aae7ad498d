"""aws:batch/computeEnvironment:ComputeEnvironment."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.cloud.batch_updates import LINKED_PATH, LINKED_ROLE, SCALING, is_linked_role, may_change_machines
from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.handlers.batch._switch import Switched
from mlops_iac.cloud.regions import partition_of
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "batch.amazonaws.com"}}],
}
"""AWS's service-linked role for Batch (Batch user guide, "Using service-linked roles")."""

FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})
NETWORK = frozenset({"subnets", "securityGroupIds"})
"""What changes in place for Fargate whatever the role and the strategy."""

REPLACING = frozenset({"placementGroup", "spotIamFleetRole"})
"""What of ``computeResources`` always replaces, as in pulumi-aws."""

WHOLE = frozenset({"ec2Configurations", "launchTemplate"})
"""Blocks that are changed in place, but neither added nor taken away: pulumi-aws replaces then."""


class ComputeEnvironment(Switched):
    """CreateComputeEnvironment, DescribeComputeEnvironments, UpdateComputeEnvironment, DeleteComputeEnvironment.

    Without ``serviceRole`` AWS makes and uses its service-linked role; here that role is made the same way,
    because moto insists on one. Machines change in place where AWS exchanges them (`batch_updates`); all else of
    ``computeResources`` replaces, as in pulumi-aws. A read refreshes state and status.
    """

    type = "aws:batch/computeEnvironment:ComputeEnvironment"
    create_op, read_op = "CreateComputeEnvironment", "DescribeComputeEnvironments"
    update_op, delete_op = "UpdateComputeEnvironment", "DeleteComputeEnvironment"
    who = "computeEnvironment"
    renames = {"name": "computeEnvironmentName"}
    required = frozenset({"type"})
    ignores = {"updatePolicy": "no jobs are moved by an update here."}
    defaults = {"state": "ENABLED"}
    references = {
        "computeResources.instanceRole": "instance profile",
        "computeResources.securityGroupIds": "security group",
        "computeResources.subnets": "subnet",
        "serviceRole": "role",
    }
    name_limit = 128
    replace_on = frozenset({"type", "eksConfiguration"})
    key = {"computeEnvironment": "name"}
    read_item = "computeEnvironments[0]"
    computed = {
        "arn": "computeEnvironmentArn",
        "ecsClusterArn": "ecsClusterArn",
        "status": "status",
        "statusReason": "statusReason",
    }
    initial = {"status": "VALID", "statusReason": "Compute environment is available"}
    refreshed = {"state": "state"}
    tags = TagCalls(key=("resourceArn", "arn"), list="ListTagsForResource", answer="tags")
    create_calls = 6

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        forced = super().replaces(scope, old, new, changed)
        if "serviceRole" in changed and is_linked_role(_role(old)) != is_linked_role(_role(new)):
            forced |= {"serviceRole"}  # AWS exchanges neither for the other
        return forced | {"computeResources"} if "computeResources" in changed and _is_rigid(old, new) else forced

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        partition = partition_of(self._region(scope, inputs))
        params.setdefault("serviceRole", f"arn:{partition}:iam::{scope.account_id}:role{LINKED_PATH}{LINKED_ROLE}")
        return params

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        if not inputs.get("serviceRole") and api.maybe("iam:GetRole", RoleName=LINKED_ROLE) is None:
            self._make_linked_role(api)

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        """Batch makes an ECS cluster of its own and tells its ARN in a describe only."""
        outputs.update(self._picked(self.computed, self.fetch(api, scope, outputs)))

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        found = api("DescribeComputeEnvironments", computeEnvironments=[outputs["name"]])["computeEnvironments"]
        return found[0] if found and found[0].get("status") != "DELETED" else None

    def _make_linked_role(self, api: Api) -> None:
        """By CreateRole: moto's CreateServiceLinkedRole spells the name differently from AWS."""
        try:
            api("iam:CreateRole", RoleName=LINKED_ROLE, Path=LINKED_PATH, AssumeRolePolicyDocument=json.dumps(TRUST))
        except CloudError as error:
            if error.code != "EntityAlreadyExists":  # another thread was faster
                raise

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        resources = inputs.get("computeResources") or {}
        movable = {key: value for key, value in resources.items() if key in _movable(inputs, inputs)}
        trimmed = {key: value for key, value in inputs.items() if key not in ("computeResources", "type", "name")}
        if movable:
            trimmed["computeResources"] = movable
        return super().update_params(scope, trimmed, outputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        """Looked at before it is switched off: a queue of somebody else's keeps its machines when this is refused."""
        for queue in api("DescribeJobQueues")["jobQueues"]:
            used = {order["computeEnvironment"].rsplit("/", 1)[-1] for order in queue["computeEnvironmentOrder"]}
            if outputs["name"] in used and queue.get("status") != "DELETED":
                message = "Cannot delete, found existing JobQueue relationship"
                raise api.refuse("DeleteComputeEnvironment", message, "ClientException")
        super().remove(api, scope, outputs)


def _is_rigid(old: Props, new: Props) -> bool:
    """Whether AWS makes other machines only by another environment. Of resources that are not known yet, as when what
    they stand on is replaced, any may differ, and all are still there."""
    before, after = old.get("computeResources") or {}, new.get("computeResources", {})
    if after is UNKNOWN:
        return bool(before.keys() - _movable(old, old))
    differs = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    added_or_gone = {key for key in differs & WHOLE if key not in before or key not in after}
    return bool(differs - _movable(old, new) or added_or_gone)


def _movable(old: Props, new: Props) -> frozenset[str]:
    """What of ``computeResources`` AWS changes in place."""
    before, after = old.get("computeResources") or {}, new.get("computeResources") or {}
    if before.get("type") in FARGATE:
        return SCALING | NETWORK | ({"type"} if after.get("type") in FARGATE else frozenset())
    strategies = (resources.get("allocationStrategy") for resources in (before, after))
    if after.get("type") not in FARGATE and may_change_machines(_role(new), *strategies):
        return frozenset({*before, *after}) - REPLACING
    return SCALING


def _role(inputs: Props) -> str:
    """A role that is not known yet is one of the team's own: AWS's has a name that everybody knows."""
    role = inputs.get("serviceRole")
    return "" if role is None else str(role)
