"""What machines of one job tell each other is encrypted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.jobs import (
    HOLDERS,
    STATE_MACHINE,
    Job,
    jobs_of,
    machine,
)
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

MANY = {"ResourceConfig": {"InstanceCount": 2}}


class JobTrafficEncryption(Policy):
    name = "job-traffic-encryption"
    wants = "Jobs on several machines encrypt what these tell each other."
    why = "Gradients and shards of data pass the network in clear."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = HOLDERS
    remedy = "set EnableInterContainerTrafficEncryption."
    setting = "security"
    sources = (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html",
        "ML Lens 2022 MLSEC-09",
    )
    breaks = (example(STATE_MACHINE, machine(MANY)),)
    keeps = (
        example(STATE_MACHINE, machine({**MANY, "EnableInterContainerTrafficEncryption": True})),
        example(STATE_MACHINE, machine({"ResourceConfig": {"InstanceCount": 1}})),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        for job in jobs_of(resource):
            count = job.cluster.get("InstanceCount")
            if isinstance(count, int | float) and count > 1 and not _encrypts(job):
                yield Violation(detail=f"The {count:g} machines of job `{job.name}` talk in clear.", path=job.path)


def _encrypts(job: Job) -> bool:
    key = "EnableInterContainerTrafficEncryption"
    return bool(job.network.get(key, job.network.get(f"{key}.$")))
