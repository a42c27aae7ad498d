"""Disks of jobs lie under the environment's key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.instance_types import has_local_disk
from mlops_iac.core.severity import Severity
from mlops_iac.policy.jobs import (
    HOLDERS,
    STATE_MACHINE,
    jobs_of,
    machine,
)
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World


class JobEncryption(Policy):
    name = "job-encryption"
    wants = "Jobs of a pipeline have disks under a key of ours."
    why = "Data lies on them for as long as the job runs."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = HOLDERS
    remedy = "set VolumeKmsKeyId."
    setting = "security"
    sources = ("https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html", "ML Lens 2022 MLSEC-03")
    breaks = (example(STATE_MACHINE, machine({"ResourceConfig": {"InstanceType": "ml.m5.large"}})),)
    keeps = (
        example(STATE_MACHINE, machine({"ResourceConfig": {"VolumeKmsKeyId": "key"}})),
        example(STATE_MACHINE, machine({"ResourceConfig": {"InstanceType": "ml.g5.2xlarge"}})),
        example(STATE_MACHINE, machine({"ModelName": "a"}, "createModel")),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        for job in jobs_of(resource):
            kind = job.cluster.get("InstanceType")
            if job.kind == "model" or (isinstance(kind, str) and has_local_disk(kind)):
                continue  # its disk is of the machine, which encrypts it by itself, and takes no key
            if not job.cluster.get("VolumeKmsKeyId", job.cluster.get("VolumeKmsKeyId.$")):
                yield Violation(detail=f"The disk of job `{job.name}` has no key of ours.", path=job.path)
