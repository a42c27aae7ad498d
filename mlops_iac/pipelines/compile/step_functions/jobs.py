"""What processing and training jobs have in common: machines, network, encryption."""

from __future__ import annotations

import re
from typing import Any

from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.steps.step import Job

_LOCAL_DISK = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g\d+[a-z]*|p5[a-z]*|trn\d+[a-z]*)\.")


def cluster(job: Job, bindings: Bindings) -> dict[str, Any]:
    """Machines and their disks."""
    values: dict[str, Any] = {
        "InstanceCount": job.instance_count,
        "InstanceType": job.instance_type,
        "VolumeSizeInGB": job.volume_gib,
    }
    if bindings.key_arn and not has_local_disk(job.instance_type):
        values["VolumeKmsKeyId"] = bindings.key_arn
    return values


def has_local_disk(instance_type: str) -> bool:
    """Whether a type brings its own disks: SageMaker refuses a volume key for those, which are encrypted in hardware.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId)
    """
    return _LOCAL_DISK.match(instance_type) is not None


def vpc(bindings: Bindings) -> dict[str, Any]:
    """``VpcConfig`` when jobs live in subnets."""
    if not bindings.subnet_ids:
        return {}
    return {"VpcConfig": {"Subnets": list(bindings.subnet_ids), "SecurityGroupIds": list(bindings.security_group_ids)}}


def isolation(job: Job, bindings: Bindings) -> dict[str, Any]:
    return {
        "EnableNetworkIsolation": bindings.network_isolation,
        "EnableInterContainerTrafficEncryption": bindings.encrypt_traffic and job.instance_count > 1,
    }


def environment(bindings: Bindings, run: str) -> dict[str, str]:
    """What every job can read about where it runs."""
    return {"MLOPS_IAC_STACK": bindings.stack, "MLOPS_IAC_RUN.$": run}
