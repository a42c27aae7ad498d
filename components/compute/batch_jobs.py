"""Job definitions of AWS Batch (RegisterJobDefinition): a container, alone or on each of several nodes, its limits, its
retries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.cloudwatch import LogGroup

from mlops_iac.components._kit import FilesRef, render
from mlops_iac.components.identity import Role

HOST_FAILED = "Host EC2*"
"""How Batch's status reason starts when a spot machine was taken back ("Host EC2 (instance i-…) terminated")."""


@dataclass(frozen=True, kw_only=True)
class JobDefinitionArgs:
    """What one kind of job runs. Submitted with an array size it runs once for each index
    (``AWS_BATCH_JOB_ARRAY_INDEX``)."""

    image: str
    """Image in ECR."""
    command: tuple[str, ...] = ()
    """Left out: the image's own. ``Ref::name`` takes a parameter of the submission."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Defaults of the parameters. Left out: none."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables, never secrets. Left out: none."""
    vcpus: int = 2
    """Left out: 2."""
    memory_mib: int = 4096
    """Left out: 4096 MiB."""
    gpus: int = 0
    """Left out: none."""
    shared_memory_mib: int | None = None
    """Most that the container's processes may share in ``/dev/shm``; it counts as memory of the container. Left out:
    64 MiB, as Docker has it."""
    files: Mapping[str, FilesRef] = field(default_factory=dict)
    """Shared files by the path at which containers see them, mounted with the rights of their role. Left out: none."""
    nodes: int = 1
    """Machines that one job may have. With several there is a second definition, of a multi-node parallel job, whose
    submission says how many it has. Left out: one."""
    attempts: int = 3
    """Runs at most, 1 to 10; only a machine that was taken back is tried again. Left out: 3."""
    timeout_seconds: int = 3600
    """A run that takes longer is stopped, at least 60. Left out: one hour."""


def container(
    job: JobDefinitionArgs, job_role: Role, execution_role: Role, group: LogGroup, region: str
) -> pulumi.Output[str]:
    """ContainerProperties as JSON: unprivileged, no new rights, its own log."""
    needs = [{"type": "VCPU", "value": str(job.vcpus)}, {"type": "MEMORY", "value": str(job.memory_mib)}]
    if job.gpus:
        needs.append({"type": "GPU", "value": str(job.gpus)})
    shared = {"linuxParameters": {"sharedMemorySize": job.shared_memory_mib}} if job.shared_memory_mib else {}
    options = {"awslogs-group": group.name, "awslogs-region": region, "awslogs-stream-prefix": "job"}
    return render(
        {
            "image": job.image,
            "command": list(job.command),
            "environment": [{"name": key, "value": value} for key, value in sorted(job.environment.items())],
            "resourceRequirements": needs,
            "jobRoleArn": job_role.role_arn,
            "executionRoleArn": execution_role.role_arn,
            "privileged": False,
            **shared,
            **_volumes(job.files),
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
    )


def _volumes(files: Mapping[str, FilesRef]) -> dict[str, Any]:
    """On the way to EFS all is encrypted, and the access point is the root of what is seen."""
    if not files:
        return {}
    named = {f"files-{number}": (path, ref) for number, (path, ref) in enumerate(sorted(files.items()), 1)}
    return {
        "volumes": [
            {
                "name": name,
                "efsVolumeConfiguration": {
                    "fileSystemId": ref.file_system_id,
                    "transitEncryption": "ENABLED",
                    "authorizationConfig": {"accessPointId": ref.access_point_id, "iam": "ENABLED"},
                },
            }
            for name, (_, ref) in named.items()
        ],
        "mountPoints": [
            {"sourceVolume": name, "containerPath": path, "readOnly": False} for name, (path, _) in named.items()
        ],
    }


def on_nodes(job: JobDefinitionArgs, container_properties: pulumi.Output[str]) -> dict[str, Any]:
    """The job definition's properties where its job has several nodes; a submission may change their number, as the
    range has no upper end. The time limit is the whole job's, and only a main node that fails is tried again.

    https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
    """
    single = definition(job, container_properties)
    every = container_properties.apply(lambda text: {"targetNodes": "0:", "container": json.loads(text)})
    properties = render({"numNodes": job.nodes, "mainNode": 0, "nodeRangeProperties": [every]})
    kept = {
        name: value for name, value in single.items() if name not in ("container_properties", "platform_capabilities")
    }
    return {**kept, "type": "multinode", "node_properties": properties}


def definition(job: JobDefinitionArgs, container_properties: pulumi.Output[str]) -> dict[str, Any]:
    """The job definition's properties."""
    return {
        "type": "container",
        "platform_capabilities": ["EC2"],
        "propagate_tags": True,
        "parameters": dict(job.parameters),
        "container_properties": container_properties,
        "retry_strategy": {"attempts": job.attempts, "evaluate_on_exits": _retries()},
        "timeout": {"attempt_duration_seconds": job.timeout_seconds},
    }


def _retries() -> list[dict[str, str]]:
    """Batch takes the first rule that fits: try again on another machine, but never a job that failed by itself."""
    return [
        {"action": "RETRY", "on_status_reason": HOST_FAILED},
        {"action": "EXIT", "on_reason": "*"},
    ]
