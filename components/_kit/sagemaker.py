"""Grants that everything which SageMaker runs needs: logs, metrics, network interfaces, the key."""

from __future__ import annotations

import pulumi

from mlops_iac.components._kit.grants import Grant
from mlops_iac.components._kit.refs import KeyRef, NetworkRef
from mlops_iac.components._kit.site import Site

LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
KEY = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")


def write_logs(site: Site, groups: tuple[str, ...]) -> list[Grant]:
    """Streams of this stack's jobs in SageMaker's log groups, whose names AWS fixes for all stacks of an account."""
    found = []
    for group in groups:
        word = group.split("/")[0]
        arn = site.arn("logs", f"log-group:/aws/sagemaker/{group}")
        streams = site.arn("logs", f"log-group:/aws/sagemaker/{group}:log-stream:*{site.stack}-*")
        found.append(Grant(sid=f"Logs{word}", actions=LOGS, resources=(arn, streams)))
    return found


def write_metrics() -> Grant:
    """Metrics of jobs and endpoints; CloudWatch scopes them by namespace only."""
    namespace = {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker", "aws/sagemaker/*"]}}
    return Grant(sid="Metrics", actions=("cloudwatch:PutMetricData",), resources=("*",), conditions=namespace)


def attach(network: NetworkRef | None) -> list[Grant]:
    """Network interfaces in the private network; nothing without one."""
    return [Grant(sid="NetworkAttach", actions=INTERFACES, resources=("*",))] if network else []


def encrypt(key: KeyRef | None) -> list[Grant]:
    """The key for disks and outputs, lent to AWS while a job runs; nothing without one."""
    if key is None:
        return []
    return [Grant(sid="DisksKey", actions=KEY, resources=(key.arn,)), *lend(key.arn, "DisksKeyLend")]


def lend(key_arn: pulumi.Input[str] | None, sid: str) -> list[Grant]:
    """What whoever starts a job or an endpoint needs: SageMaker encrypts its disks by a grant that the caller makes.

    To AWS only, and only for as long as the job or the endpoint lives. Nothing without a key.
    """
    if key_arn is None:
        return []
    to_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [Grant(sid=sid, actions=("kms:CreateGrant", "kms:DescribeKey"), resources=(key_arn,), conditions=to_aws)]
