"""Batch: updates of compute environments, which moto answers and forgets, deletes that AWS refuses, and definitions of
multi-node parallel jobs, whose nodes moto does not describe.

What AWS changes in place, and when it refuses, is in the Batch user guide, "Updating compute environments" and
"Perform infrastructure updates".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.batch_updates import SCALING, is_linked_role, may_change_machines
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

FARGATE: Final = frozenset({*SCALING, "subnets", "securityGroupIds"})
"""What changes in place where AWS has no machines to replace."""


def apply(gateway: Gateway) -> None:
    for operation, fn in (
        ("UpdateComputeEnvironment", _update),
        ("DeleteComputeEnvironment", _check_environment_delete),
        ("DeleteJobQueue", _check_queue_delete),
        ("DescribeJobDefinitions", _describe_nodes),
        ("RegisterJobDefinition", _check_definition),
    ):
        gateway.before("batch", operation, gateway.holding("batch", fn))


def _backend(call: Call) -> Any:
    from moto.batch.models import batch_backends

    return batch_backends[call.account_id][call.region]


def _update(call: Call) -> None:
    """Carry out the changes of machines; moto does the rest of the call."""
    asked = call.params.get("computeResources")
    environment = _backend(call).get_compute_environment(call.params["computeEnvironment"])
    if environment is None:
        return
    role = call.params.get("serviceRole", environment.service_role)
    if is_linked_role(role) != is_linked_role(environment.service_role):
        raise AwsError("ClientException", "A service-linked role cannot be exchanged for another role, nor back.")
    if not asked:
        return
    if environment.env_type != "MANAGED":
        raise AwsError("ClientException", "computeResources may be changed in MANAGED compute environments only.")
    before = environment.compute_resources
    after = {**before, **asked}
    changed = {key for key in asked if before.get(key) != asked[key]}
    _check_in_place(role, before, after, changed)
    _backend(call)._validate_compute_resources(after)
    environment.compute_resources = after


def _check_in_place(role: str, before: dict[str, Any], after: dict[str, Any], changed: set[str]) -> None:
    if "FARGATE" in before["type"]:
        rigid = changed - FARGATE - {"type"}
        if rigid:
            raise AwsError("ClientException", f"{_listed(rigid)} cannot be changed for Fargate resources.")
        return
    rigid = changed - SCALING
    if rigid and not may_change_machines(role, before.get("allocationStrategy"), after.get("allocationStrategy")):
        raise AwsError(
            "ClientException",
            f"{_listed(rigid)} can be changed only with the service-linked role AWSServiceRoleForBatch and an "
            "allocation strategy of BEST_FIT_PROGRESSIVE, SPOT_CAPACITY_OPTIMIZED or SPOT_PRICE_CAPACITY_OPTIMIZED.",
        )


def _check_environment_delete(call: Call) -> None:
    backend = _backend(call)
    environment = backend.get_compute_environment(call.params["computeEnvironment"])
    if environment is None:
        return
    if environment.state != "DISABLED":
        raise AwsError("ClientException", "Cannot delete, the compute environment must be disabled first.")
    if any(environment in queue.environments for queue in backend._job_queues.values()):
        raise AwsError("ClientException", "Cannot delete, found existing JobQueue relationship")


def _check_queue_delete(call: Call) -> None:
    queue = _backend(call).get_job_queue(call.params["jobQueue"])
    if queue is not None and queue.state != "DISABLED":
        raise AwsError("ClientException", "Cannot delete, the job queue must be disabled first.")


def _check_definition(call: Call) -> None:
    asked = call.params
    if asked["type"] != "multinode":
        return
    if not asked.get("nodeProperties") or asked.get("containerProperties"):
        raise AwsError("ClientException", "Job definitions of type multinode have nodeProperties, and no others.")
    if "FARGATE" in asked.get("platformCapabilities", ()):
        raise AwsError("ClientException", "Multi-node parallel jobs aren't supported on Fargate resources.")


def _describe_nodes(call: Call) -> None:
    """Before the first description: its class tells the nodes from then on."""
    from moto.batch.models import JobDefinition

    original = JobDefinition.describe
    if getattr(original, "tells_nodes", False):
        return

    def describe(self: Any) -> dict[str, Any]:
        nodes = {"nodeProperties": self.node_properties} if self.node_properties else {}
        return {**original(self), **nodes}

    describe.tells_nodes = True  # type: ignore[attr-defined]
    JobDefinition.describe = describe


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
