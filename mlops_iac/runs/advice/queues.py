"""Queues that keep machines for jobs that do not come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.prices import hourly
from mlops_iac.runs.calls import calling
from mlops_iac.runs.pages import pages

STATES: Final = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED")
UNUSED: Final = timedelta(days=7)
"""Batch forgets a job seven days after its end: https://docs.aws.amazon.com/batch/latest/userguide/job_states.html"""
BY_VCPU: Final = ("m5.large", 2)
"""Whose price by vCPU stands for machines that Batch chooses."""


@dataclass(frozen=True, kw_only=True)
class IdleQueue:
    queue: str
    vcpus: int
    """That are kept although nobody needs them (`minvCpus`)."""
    dollars_an_hour: float | None

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def find_idle_queues(environment: Environment, clients: Clients, now: datetime) -> Iterator[IdleQueue]:
    """A queue whose machines go when nobody needs them costs nothing, and is not named."""
    for queue in environment.queues.values():
        kept = sum(_kept(clients, queue.queue))
        if kept and not _had_jobs(clients, queue.queue, now):
            kind, vcpus = BY_VCPU
            price = hourly(kind, clients.region)
            yield IdleQueue(
                queue=queue.queue, vcpus=kept, dollars_an_hour=price.usual / vcpus * kept if price else None
            )


def _kept(clients: Clients, queue: str) -> Iterator[int]:
    batch = clients("batch")
    with calling("batch:DescribeJobQueues", queue):
        found = batch.describe_job_queues(jobQueues=[queue])["jobQueues"]
    names = [order["computeEnvironment"] for one in found for order in one["computeEnvironmentOrder"]]
    if not names:
        return
    with calling("batch:DescribeComputeEnvironments", queue):
        environments = batch.describe_compute_environments(computeEnvironments=names)["computeEnvironments"]
    for one in environments:
        yield int(one.get("computeResources", {}).get("minvCpus", 0))


def _had_jobs(clients: Clients, queue: str, now: datetime) -> bool:
    oldest = (now - UNUSED).timestamp() * 1000
    for state in STATES:
        with calling("batch:ListJobs", queue):
            listing = pages(
                clients("batch").list_jobs, "jobSummaryList", next_key="nextToken", jobQueue=queue, jobStatus=state
            )
            if any(one.get("createdAt", 0) >= oldest for one in listing):
                return True
    return False
