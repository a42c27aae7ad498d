"""Grants that everything which SageMaker runs needs: logs, metrics, network interfaces, the key."""

from __future__ import annotations

import pulumi

from mlops_iac.components._kit.grants import Grant
from mlops_iac.components._kit.reach import Reach
from mlops_iac.components._kit.refs import KeyRef, NetworkRef
from mlops_iac.components._kit.site import Named

LOG_GROUPS = ("logs:CreateLogGroup", "logs:DescribeLogStreams")
"""AWS checks these against ``log-group:NAME:*``, a group's ARN as its streams are below it."""
LOG_STREAMS = ("logs:CreateLogStream", "logs:PutLogEvents")
READ_STREAMS, FIND_STREAMS = ("logs:GetLogEvents",), ("logs:DescribeLogStreams",)
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
KEY = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
METRICS = ("/aws/sagemaker/*", "AWS/SageMaker", "aws/sagemaker/*")
"""Namespaces of CloudWatch in which jobs and endpoints write."""
TO_AWS = {"Bool": {"kms:GrantIsForAWSResource": "true"}}

REACH = (
    Reach(actions=(*LOG_GROUPS, *LOG_STREAMS), on=("log-group:/aws/sagemaker/*",)),
    Reach(actions=("cloudwatch:PutMetricData",)),
    Reach(actions=INTERFACES),
    Reach(actions=(*KEY, "kms:CreateGrant", "kms:DescribeKey"), on=("key/*",)),
)
"""Of a component that makes roles which SageMaker assumes, or lets somebody start what SageMaker runs."""


def write_logs(owner: Named, group: str, streams: str) -> list[Grant]:
    """Streams, by pattern, of one of SageMaker's log groups, which AWS names: ``TrainingJobs`` for all stacks of
    an account.

    https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
    """
    arn = owner.site.arn("logs", f"log-group:/aws/sagemaker/{group}")
    below = (pulumi.Output.concat(arn, f":log-stream:{streams}"),)
    return [
        Grant(owner=owner.name, what="log groups", actions=LOG_GROUPS, resources=(pulumi.Output.concat(arn, ":*"),)),
        Grant(owner=owner.name, what="logs", actions=LOG_STREAMS, resources=below),
    ]


def write_metrics(owner: Named) -> Grant:
    """Metrics of jobs and endpoints; CloudWatch scopes them by namespace only."""
    within = {"StringLike": {"cloudwatch:namespace": list(METRICS)}}
    return Grant(
        owner=owner.name, what="metrics", actions=("cloudwatch:PutMetricData",), resources=("*",), conditions=within
    )


def attach(owner: Named, network: NetworkRef | None) -> list[Grant]:
    """Network interfaces in the private network; nothing without one."""
    return [Grant(owner=owner.name, what="network", actions=INTERFACES, resources=("*",))] if network else []


def encrypt(owner: Named, key: KeyRef | None) -> list[Grant]:
    """The key for disks and outputs, lent to AWS while a job runs; nothing without one."""
    if key is None:
        return []
    return [Grant(owner=owner.name, what="key", actions=KEY, resources=(key.arn,)), *lend(owner, key.arn)]


def lend(owner: Named, key_arn: pulumi.Input[str] | None) -> list[Grant]:
    """What whoever starts a job or an endpoint needs: SageMaker encrypts its disks by a grant that the caller makes.

    To AWS only, and only for as long as the job or the endpoint lives. Nothing without a key.
    """
    if key_arn is None:
        return []
    return [
        Grant(
            owner=owner.name,
            what="key lend",
            actions=("kms:CreateGrant",),
            resources=(key_arn,),
            conditions=TO_AWS,
        ),
        # It has no such condition: a statement with one would never allow it.
        Grant(owner=owner.name, what="key look up", actions=("kms:DescribeKey",), resources=(key_arn,)),
    ]


def pass_to_sagemaker(owner: Named, role_arn: pulumi.Input[str]) -> Grant:
    """Let someone hand a role to SageMaker, and to nobody else."""
    return Grant(
        owner=owner.name,
        what="role",
        actions=("iam:PassRole",),
        resources=(role_arn,),
        conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    )


PASS_ROLE = Reach(actions=("iam:PassRole",), on=("role/{stack}-*",))
