"""What jobs have in common on every target: machines, network, encryption, and AWS's script mode."""

from __future__ import annotations

from typing import Any

from mlops_iac.core.errors import PipelineError
from mlops_iac.core.frameworks import find_framework
from mlops_iac.core.instance_types import has_local_disk, processor_of
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.steps import TrainingStep, TuneStep
from mlops_iac.pipelines.steps.container import OWN
from mlops_iac.pipelines.steps.folders import PROCESSING, FoldersStep
from mlops_iac.pipelines.steps.step import Job
from mlops_iac.pipelines.steps.tune import TRIALS

LAUNCHERS = {"mpi": ("pytorch",), "torchrun": ("pytorch",)}
"""What starts a training of several processes from inside an image, to the frameworks whose images have it."""


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


def image(job: Job, bindings: Bindings) -> str:
    """The framework image for the step's machines. Raises PipelineError where AWS has none for their processor."""
    found = bindings.training_images.get(processor_of(job.instance_type))
    if found is None:
        raise PipelineError(
            "The framework has no image for these machines.",
            f"`{job.instance_type}` has a processor that no image of the framework is built for; there are images for "
            f"{', '.join(sorted(bindings.training_images))}.",
            hint="choose another instance type; pytorch and xgboost have images for GPUs.",
        )
    return found


def training_image(step: TrainingStep, bindings: Bindings) -> str:
    """The same for a training. Raises PipelineError where the image lacks what starts its processes."""
    found = image(step.job, bindings)
    check_launcher(step, found)
    return found


def check_launcher(step: TrainingStep, image: str) -> None:
    """Raises PipelineError where a framework's image lacks what starts the training's processes."""
    framework = find_framework(image)
    launcher = step.distributed.launcher if step.distributed else ""
    if framework and launcher in LAUNCHERS and launcher not in framework.launchers:
        raise PipelineError(
            "The framework's image cannot start this.",
            f"Step `{step.name}` trains by `{launcher}`, which the image of {framework} has not; the images of "
            f"{', '.join(LAUNCHERS[launcher])} have it.",
            hint="choose that framework, or `distributed: ray` with `ray` in requirements.txt.",
        )


def own_image(image: str, bindings: Bindings) -> str:
    """The whole name of an image that a step names. Raises PipelineError where there is no repository of its own."""
    if not image.startswith(OWN):
        return image
    if bindings.repository_url is None:
        raise PipelineError("There is no repository.", f"`{image}` is in the environment's own; none is bound.")
    return f"{bindings.repository_url}:{image.removeprefix(OWN)}"


def vpc(bindings: Bindings) -> dict[str, Any]:
    """``VpcConfig`` when jobs live in subnets."""
    if not bindings.subnet_ids:
        return {}
    return {"VpcConfig": {"Subnets": list(bindings.subnet_ids), "SecurityGroupIds": list(bindings.security_group_ids)}}


def isolation(step: FoldersStep | TrainingStep, bindings: Bindings) -> dict[str, Any]:
    """A job that uses a system elsewhere has the way there that its subnets have."""
    return {
        "EnableNetworkIsolation": bindings.network_isolation and not getattr(step, "uses", ()),
        "EnableInterContainerTrafficEncryption": bindings.encrypt_traffic and step.job.instance_count > 1,
    }


def training(step: TrainingStep, bindings: Bindings) -> dict[str, Any]:
    """What a training job is asked for, whatever its run, its data and its hyperparameters."""
    metrics = [{"Name": name, "Regex": regex} for name, regex in step.logged.items()]
    return {
        "RoleArn": bindings.job_role_arn,
        "AlgorithmSpecification": {
            "TrainingImage": training_image(step, bindings),
            "TrainingInputMode": step.input_mode,
            **({"MetricDefinitions": metrics} if metrics else {}),
        },
        "ResourceConfig": {**cluster(step.job, bindings), **_kept(step)},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": step.job_seconds,
            **({"MaxWaitTimeInSeconds": step.max_wait_seconds} if step.spot else {}),
        },
        **({"EnableManagedSpotTraining": True} if step.spot else {}),
        "RetryStrategy": {"MaximumRetryAttempts": step.attempts},
        **isolation(step, bindings),
        **vpc(bindings),
    }


def _kept(step: TrainingStep) -> dict[str, int]:
    """How long the machines stay warm: https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html"""
    return {"KeepAlivePeriodInSeconds": 60 * step.keep_alive_minutes} if step.keep_alive_minutes else {}


def channel(name: str, source: dict[str, Any], step: TrainingStep) -> dict[str, Any]:
    """One channel of a training job; ``source`` says where its data lies. The code is unpacked, so it is a file."""
    distribution = "ShardedByS3Key" if name in step.shared else "FullyReplicated"
    place = {**source, "S3DataType": "S3Prefix", "S3DataDistributionType": distribution}
    mode = "File" if name == "code" else step.input_modes.get(name, step.input_mode)
    own = {"InputMode": mode} if mode != step.input_mode else {}
    return {"ChannelName": name, **own, "DataSource": {"S3DataSource": place}}


def output_key(bindings: Bindings) -> dict[str, str]:
    """Encryption of what a job makes."""
    return {"KmsKeyId": bindings.key_arn} if bindings.key_arn else {}


def script_mode(step: TrainingStep, region: str) -> dict[str, str]:
    """Hyperparameters by which AWS's framework containers find the code. They win over the team's."""
    return {
        **_launched(step),
        **({"mlops_iac_trials": TRIALS} if isinstance(step, TuneStep) and step.checkpoints else {}),
        "mlops_iac_script": step.script,
        "sagemaker_container_log_level": "20",
        "sagemaker_program": "mlops_iac_run.py",
        "sagemaker_region": region,
        "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
    }


def _launched(step: TrainingStep) -> dict[str, str]:
    """How the containers start a training of several processes.

    params.py and runner.py of github.com/aws/sagemaker-training-toolkit, read 2026-11-29: the number of processes has
    MPI's name for every launcher. Ray is started by our own entry point.
    """
    if step.distributed is None:
        return {}
    given = step.distributed.processes
    count = {} if given is None else {"sagemaker_mpi_num_of_processes_per_host": str(given)}
    launchers = {
        "mpi": {"sagemaker_mpi_enabled": "true"},
        "ray": {"mlops_iac_launcher": "ray"},
        "torchrun": {
            "sagemaker_instance_type": step.job.instance_type,
            "sagemaker_torch_distributed_enabled": "true",
        },
    }
    return {**count, **launchers[step.distributed.launcher]}


def input_place(step: FoldersStep, name: str) -> dict[str, str]:
    """Where an input lies, and whether each instance gets all of it or its share."""
    place = {"LocalPath": step.path("input", name), "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {**place, "S3DataDistributionType": "ShardedByS3Key"} if name in step.shared else place


def command(script: str) -> list[str]:
    """The entry point of a processing job: what unpacks the code and runs the script."""
    return ["/bin/bash", f"{PROCESSING}/input/code/run.sh", script]


LAUNCH = """\
import boto3, io, os, runpy, sys, tarfile
bucket, _, key = os.environ["MLOPS_IAC_CODE"][5:].partition("/")
body = boto3.client("s3").get_object(Bucket=bucket, Key=key + "sourcedir.tar.gz")["Body"].read()
tarfile.open(fileobj=io.BytesIO(body)).extractall("/opt/ml/code")
sys.path.insert(0, "/opt/ml/code")
runpy.run_path("/opt/ml/code/mlops_iac_step.py", run_name="__main__")
"""
"""What a container outside SageMaker begins with: it fetches the packed code, which holds the step launcher."""

LAUNCHED = ["python3", "-c", LAUNCH]
