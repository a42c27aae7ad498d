"""The roles of AWS Batch, each with what it needs and no more.

Batch itself uses AWS's service-linked role (`AWSServiceRoleForBatch`), which AWS keeps current and which no program
of ours can widen; a service role of our own would need EC2 actions that AWS cannot scope.

instance    the machines: join the ECS cluster that Batch made for them
execution   the ECS agent: pulls the image, writes the log
job         the team's code: only what owners grant it
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws.cloudwatch import LogGroup

from mlops_iac.components._kit import BoundaryRef, Component, Grant, Reach
from mlops_iac.components._kit import images as ecr
from mlops_iac.components.identity import Role, make_role

JOIN = ("ecs:DeregisterContainerInstance", "ecs:RegisterContainerInstance")
TELL = ("ecs:SubmitContainerStateChange", "ecs:SubmitTaskStateChange")
POLL = ("ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState")
DISCOVER = ("ecs:DiscoverPollEndpoint",)
LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
"""What the ECS agent does, by what AWS checks it against: the cluster, the machine, nothing.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html
"""
CLUSTER, MACHINE = "cluster/AWSBatch-{stack}-*", "container-instance/AWSBatch-{stack}-*/*"
"""AWS names the cluster `AWSBatch-<compute environment>-<uuid>`."""

REACH = (
    Reach(actions=(*JOIN, *TELL), on=(CLUSTER,)),
    Reach(actions=POLL, on=(MACHINE,)),
    Reach(actions=DISCOVER),
    Reach(actions=LOGS),
    *ecr.REACH,
)


@dataclass(frozen=True, kw_only=True)
class BatchRoles:
    instance: Role
    execution: Role
    job: Role


def create_roles(parent: Component, group: LogGroup, boundary: BoundaryRef | None, images: Sequence[str]) -> BatchRoles:
    """Make the three roles inside a component."""
    pulls = ecr.pull(parent.place, images)
    logs = parent.allow("logs", LOGS, (pulumi.Output.concat(group.arn, ":*"),))
    instance = make_role(
        parent,
        "instance_role",
        services=("ec2.amazonaws.com",),
        description="The queues' machines: join their cluster",
        grants=[*_cluster(parent), *pulls],
        boundary=boundary,
        source_account=False,
    )
    execution = make_role(
        parent,
        "execution_role",
        services=("ecs-tasks.amazonaws.com",),
        description="Pulls images and writes logs for the queues' jobs",
        grants=[logs, *pulls],
        boundary=boundary,
        source_account=False,
    )
    job = make_role(
        parent,
        "job_role",
        services=("ecs-tasks.amazonaws.com",),
        description="What the queues' jobs may do",
        grants=[logs],
        boundary=boundary,
        source_account=False,
    )
    return BatchRoles(instance=instance, execution=execution, job=job)


def _cluster(parent: Component) -> list[Grant]:
    site = parent.site
    clusters, machines = (site.arn("ecs", pattern.format(stack=site.stack)) for pattern in (CLUSTER, MACHINE))
    return [
        parent.allow("cluster", (*JOIN, *TELL), (clusters,)),
        parent.allow("machine", POLL, (machines,)),
        parent.allow("agent", DISCOVER, ("*",)),
    ]
