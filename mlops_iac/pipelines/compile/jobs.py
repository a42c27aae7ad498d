"""What jobs have in common on every target: machines, network, encryption, and AWS's script mode."""

from __future__ import annotations

import re
from typing import Any

from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.steps import ProcessingStep, TrainingStep
from mlops_iac.pipelines.steps.processing import PROCESSING
from mlops_iac.pipelines.steps.step import Job

SERVING_ENVIRONMENT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
"""By this AWS's framework containers find the serving code that travels inside the model's archive."""

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


def script_mode(step: TrainingStep, region: str) -> dict[str, str]:
    """Hyperparameters by which AWS's framework containers find the code. They win over the team's."""
    return {
        "mlops_iac_script": step.script,
        "sagemaker_container_log_level": "20",
        "sagemaker_program": "mlops_iac_run.py",
        "sagemaker_region": region,
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
    }


def input_place(step: ProcessingStep, name: str) -> dict[str, str]:
    """Where an input lies, and whether each instance gets all of it or its share."""
    place = {"LocalPath": step.path("input", name), "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {**place, "S3DataDistributionType": "ShardedByS3Key"} if name in step.shared else place


def command(script: str) -> list[str]:
    """The entry point of a processing job: what unpacks the code and runs the script."""
    return ["/bin/bash", f"{PROCESSING}/input/code/run.sh", script]
