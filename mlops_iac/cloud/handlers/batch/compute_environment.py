"""aws:batch/computeEnvironment:ComputeEnvironment."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.cloud.handlers.batch._switch import Switched
from mlops_iac.cloud.regions import partition_of
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

LINKED_ROLE = "AWSServiceRoleForBatch"
LINKED_PATH = "/aws-service-role/batch.amazonaws.com/"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "batch.amazonaws.com"}}],
}
"""AWS's service-linked role for Batch (Batch user guide, "Using service-linked roles")."""

IN_PLACE = frozenset({"minVcpus", "maxVcpus", "desiredVcpus", "subnets", "securityGroupIds"})
"""What of ``computeResources`` changes in place; the rest replaces."""


class ComputeEnvironment(Switched):
    """CreateComputeEnvironment, DescribeComputeEnvironments, UpdateComputeEnvironment, DeleteComputeEnvironment.

    Without ``serviceRole`` AWS makes and uses its service-linked role; here that role is made the same way,
    because moto insists on one. A read refreshes state and status: moto loses capacities after an update. A
    delete is refused while a queue uses it.
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
        before, after = old.get("computeResources") or {}, new.get("computeResources") or {}
        rigid = any(before.get(key) != after.get(key) for key in {*before, *after} - IN_PLACE)
        return forced | {"computeResources"} if rigid and "computeResources" in changed else forced

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
        movable = {key: value for key, value in resources.items() if key in IN_PLACE}
        trimmed = {key: value for key, value in inputs.items() if key not in ("computeResources", "type", "name")}
        if movable:
            trimmed["computeResources"] = movable
        return super().update_params(scope, trimmed, outputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        for queue in api("DescribeJobQueues")["jobQueues"]:
            used = {order["computeEnvironment"].rsplit("/", 1)[-1] for order in queue["computeEnvironmentOrder"]}
            if outputs["name"] in used and queue.get("status") != "DELETED":
                message = f"Cannot delete, found existing JobQueue relationship: {queue['jobQueueName']}"
                raise api.refuse("DeleteComputeEnvironment", message, "ClientException")
        super().remove(api, scope, outputs)
