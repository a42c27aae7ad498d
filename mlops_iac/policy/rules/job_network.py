"""Jobs run in the environment's network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.jobs import (
    HOLDERS,
    PIPELINE,
    STATE_MACHINE,
    jobs_of,
    machine,
)
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
STEP = {"Name": "prepare", "Type": "Processing"}


class JobNetwork(Policy):
    name = "job-network"
    wants = "Training and processing jobs of a pipeline run in the VPC."
    why = "Elsewhere they have a way to the internet that nobody watches."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = HOLDERS
    remedy = "give the jobs the environment's subnets and security groups."
    setting = "security"
    sources = (
        "https://docs.aws.amazon.com/sagemaker/latest/dg/infrastructure-give-access.html",
        "ML Lens 2022 MLSEC-03",
    )
    breaks = (
        example(STATE_MACHINE, machine({"TrainingJobName": "a"})),
        example(PIPELINE, {"pipelineDefinition": {"Steps": [{**STEP, "Arguments": {"NetworkConfig": {}}}]}}),
    )
    keeps = (
        example(STATE_MACHINE, machine({"VpcConfig": VPC})),
        example(STATE_MACHINE, machine({"NetworkConfig": {"VpcConfig": VPC}}, "createProcessingJob.sync")),
        example(
            PIPELINE, {"pipelineDefinition": {"Steps": [{**STEP, "Arguments": {"NetworkConfig": {"VpcConfig": VPC}}}]}}
        ),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        for job in jobs_of(resource):
            if job.kind != "model" and not job.network.get("VpcConfig", job.network.get("VpcConfig.$")):
                yield Violation(detail=f"Job `{job.name}` runs in no network of ours.", path=job.path)
