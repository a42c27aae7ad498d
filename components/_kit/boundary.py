"""The ceiling of an environment's roles: the actions that some component or pipeline may grant, on the environment's
names.

A boundary allows nothing by itself. Actions are written out, so that a new grant that leaves the ceiling is seen in
review; the contract tests hold every grant of every component against this table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pulumi

from mlops_iac.components._kit.grants import UNSCOPED
from mlops_iac.components._kit.site import Site
from mlops_iac.core.environment import STACK_TAG

NAMED: dict[str, tuple[str, ...]] = {
    "athena": (
        "GetQueryExecution",
        "GetQueryResults",
        "GetWorkGroup",
        "StartQueryExecution",
        "StopQueryExecution",
    ),
    "batch": ("SubmitJob", "TagResource"),
    "ecr": ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"),
    "events": ("DeleteRule", "DescribeRule", "PutRule", "PutTargets", "RemoveTargets"),
    "glue": ("GetDatabase", "GetPartition", "GetPartitions", "GetTable", "GetTables"),
    "logs": ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"),
    "s3": (
        "AbortMultipartUpload",
        "DeleteObject",
        "GetBucketLocation",
        "GetObject",
        "GetObjectTagging",
        "GetObjectVersion",
        "ListBucket",
        "ListMultipartUploadParts",
        "PutObject",
        "PutObjectTagging",
    ),
    "sagemaker": (
        "AddTags",
        "CreateEndpoint",
        "CreateEndpointConfig",
        "CreateModel",
        "CreateModelPackage",
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateTransformJob",
        "DeleteEndpoint",
        "DeleteEndpointConfig",
        "DeleteModel",
        "DescribeEndpoint",
        "DescribeEndpointConfig",
        "DescribeModel",
        "DescribeModelPackage",
        "DescribeModelPackageGroup",
        "DescribeProcessingJob",
        "DescribeTrainingJob",
        "DescribeTransformJob",
        "InvokeEndpoint",
        "ListModelPackages",
        "ListTags",
        "StopProcessingJob",
        "StopTrainingJob",
        "StopTransformJob",
        "UpdateEndpoint",
        "UpdateEndpointWeightsAndCapacities",
        "UpdateModelPackage",
    ),
    "sns": ("Publish",),
    "ssm": ("GetParameter",),
    "states": ("DescribeExecution", "StartExecution", "StopExecution"),
}
KEY = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
ECS = ("ecs:DeregisterContainerInstance", "ecs:DiscoverPollEndpoint", "ecs:Poll", "ecs:RegisterContainerInstance")
"""What Batch's instances do with the ECS cluster that Batch makes for them, whose name AWS chooses."""
ECS_STARTS = ("ecs:StartTelemetrySession", "ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange")


def actions() -> frozenset[str]:
    """Every action inside the ceiling."""
    named = {f"{service}:{action}" for service, names in NAMED.items() for action in names}
    return frozenset(
        named | set(KEY) | set(ECS) | set(ECS_STARTS) | set(UNSCOPED) | {"batch:TerminateJob", "iam:PassRole"}
    )


def statements(site: Site, adopted: Iterable[pulumi.Input[str]]) -> list[dict[str, Any]]:
    """The statements of the managed policy (AWS allows 6144 characters, blanks not counted)."""
    return [
        _named(site),
        _stop_jobs(site),
        _allow("Events", _spelled("events"), [site.arn("events", "rule/StepFunctions*")]),
        _allow("Glue", _spelled("glue"), _glue(site)),
        _allow("Images", _spelled("ecr"), [f"arn:{site.partition}:ecr:{site.region}:*:repository/*"]),
        _allow("Logs", _spelled("logs"), [site.arn("logs", "log-group:/aws/sagemaker/*")]),
        _allow("Key", list(KEY), [site.arn("kms", "key/*")]),
        _pass_role(site),
        _allow("Machines", [*ECS, *ECS_STARTS], [site.arn("ecs", "*")]),
        _allow("Unscoped", sorted(UNSCOPED), ["*"]),
        *_adopted(list(adopted)),
    ]


def _spelled(service: str) -> list[str]:
    return [f"{service}:{action}" for action in NAMED[service]]


def _named(site: Site) -> dict[str, Any]:
    """Everything that carries the stack's name."""
    own = [service for service in sorted(NAMED) if service not in ("ecr", "glue", "events")]
    # IAM takes no wildcard in an ARN's service, so each is written out.
    resources = [
        f"arn:{site.partition}:s3:::{site.stack}-*",
        *(site.arn(service, f"*{site.stack}-*") for service in own if service != "s3"),
    ]
    listed = [action for service in own for action in _spelled(service)]
    return _allow("OwnNames", listed, resources)


def _glue(site: Site) -> list[pulumi.Input[str]]:
    words = site.stack.replace("-", "_")
    return [site.arn("glue", "catalog"), site.arn("glue", f"database/{words}_*"), site.arn("glue", f"table/{words}_*")]


def _pass_role(site: Site) -> dict[str, Any]:
    return _allow("OwnRoles", ["iam:PassRole"], [site.arn("iam", f"role/{site.stack}-*", region=False)])


def _stop_jobs(site: Site) -> dict[str, Any]:
    """AWS names Batch's jobs by number, so that only their tag tells whose they are."""
    own = {"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": site.stack}}
    return {**_allow("OwnBatchJobs", ["batch:TerminateJob"], [site.arn("batch", "job/*")]), "Condition": own}


def _adopted(arns: list[pulumi.Input[str]]) -> list[dict[str, Any]]:
    if not arns:
        return []
    inside = [pulumi.Output.concat(arn, "/*") for arn in arns]
    return [_allow("Adopted", [*_spelled("s3"), *KEY, *_spelled("sns")], [*arns, *inside])]


def _allow(sid: str, listed: list[str], resources: list[Any]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(listed), "Resource": resources}
