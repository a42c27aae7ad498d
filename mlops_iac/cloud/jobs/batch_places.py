"""Where a Batch job runs and what it runs: its queue and its job definition, as moto knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.jobs.host import Host


def get_queue(host: Host, call: Call) -> dict[str, Any]:
    name = call.params.get("jobQueue", "")
    batch = host.client("batch", call.region, call.account_id)
    for queue in batch.describe_job_queues(jobQueues=[name])["jobQueues"]:
        if queue.get("state") == "DISABLED" and call.operation == "SubmitJob":
            raise AwsError("ClientException", f"JobQueue {name} is disabled.")
        return dict(queue)
    raise AwsError("ClientException", f"JobQueue {name} not found.")


def get_definition(host: Host, call: Call) -> dict[str, Any]:
    name = call.params["jobDefinition"]
    batch = host.client("batch", call.region, call.account_id)
    short = name.rsplit("job-definition/", 1)[-1]
    base, _, revision = short.partition(":")
    found = batch.describe_job_definitions(jobDefinitionName=base, status="ACTIVE")["jobDefinitions"]
    found = [each for each in found if not revision or str(each["revision"]) == revision]
    if not found:
        raise AwsError("ClientException", f"JobDefinition {name} not found or not ACTIVE.")
    return dict(max(found, key=lambda each: each["revision"]))


def machines_of(host: Host, call: Call, queue: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The compute environments of a queue."""
    names = [each["computeEnvironment"] for each in queue["computeEnvironmentOrder"]]
    batch = host.client("batch", call.region, call.account_id)
    return [dict(one) for one in batch.describe_compute_environments(computeEnvironments=names)["computeEnvironments"]]
