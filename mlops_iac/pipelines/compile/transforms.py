"""What transform jobs have in common on every target: the model they ask, and how records come and go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.core.instance_types import has_local_disk
from mlops_iac.pipelines.compile import jobs
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.steps import BatchTransformStep

STRATEGIES = {"multi": "MultiRecord", "single": "SingleRecord"}
SPLITS = {"line": "Line", "none": "None"}
COMPRESSIONS = {"none": "None", "gzip": "Gzip"}


def model(bindings: Bindings) -> dict[str, Any]:
    """How the model runs. In the jobs' role: a transform has none of its own, and reads and writes in its model's."""
    return {
        "ExecutionRoleArn": bindings.job_role_arn,
        "EnableNetworkIsolation": bindings.network_isolation,
        **jobs.vpc(bindings),
    }


def job(step: BatchTransformStep, source: Mapping[str, Any], target: Mapping[str, Any], bindings: Bindings) -> Any:
    """The request, without names and tags; ``source`` and ``target`` are the S3 URIs, in the target's own words.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
    """
    key = bindings.key_arn
    disk = {"VolumeKmsKeyId": key} if key and not has_local_disk(step.job.instance_type) else {}
    return {
        "BatchStrategy": STRATEGIES[step.strategy],
        "MaxPayloadInMB": step.max_payload_mb,
        **({"MaxConcurrentTransforms": step.max_concurrent} if step.max_concurrent else {}),
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", **source}},
            "ContentType": step.content_type,
            "CompressionType": COMPRESSIONS[step.compression],
            "SplitType": SPLITS[step.split],
        },
        "TransformOutput": {
            **target,
            "Accept": step.answers,
            "AssembleWith": SPLITS[step.split],
            **({"KmsKeyId": key} if key else {}),
        },
        "TransformResources": {
            "InstanceType": step.job.instance_type,
            "InstanceCount": step.job.instance_count,
            **disk,
        },
        **({"DataProcessing": _processing(step)} if step.processed else {}),
    }


def _processing(step: BatchTransformStep) -> dict[str, str]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html"""
    return {
        "InputFilter": step.input_filter,
        "OutputFilter": step.output_filter,
        "JoinSource": "Input" if step.join else "None",
    }
