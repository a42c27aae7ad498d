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

from mlops_iac.components._kit import BoundaryRef, Component, Grant, Site
from mlops_iac.components._kit.boundary import ECS, ECS_STARTS
from mlops_iac.components._kit.images import pull
from mlops_iac.components.identity import Role, make_role


@dataclass(frozen=True, kw_only=True)
class BatchRoles:
    instance: Role
    execution: Role
    job: Role


def create_roles(parent: Component, group: LogGroup, boundary: BoundaryRef | None, images: Sequence[str]) -> BatchRoles:
    """Make the three roles inside a component."""
    instance = make_role(
        parent,
        "instance_role",
        services=("ec2.amazonaws.com",),
        description="The queues' machines: join their cluster",
        grants=[_cluster(parent.site), *pull(images)],
        boundary=boundary,
        source_account=False,
    )
    execution = make_role(
        parent,
        "execution_role",
        services=("ecs-tasks.amazonaws.com",),
        description="Pulls images and writes logs for the queues' jobs",
        grants=[_logs(group), *pull(images)],
        boundary=boundary,
        source_account=False,
    )
    job = make_role(
        parent,
        "job_role",
        services=("ecs-tasks.amazonaws.com",),
        description="What the queues' jobs may do",
        grants=[_logs(group)],
        boundary=boundary,
        source_account=False,
    )
    return BatchRoles(instance=instance, execution=execution, job=job)


def _cluster(site: Site) -> Grant:
    """AWS names the cluster `AWSBatch-<compute environment>-<uuid>`."""
    clusters = site.arn("ecs", f"cluster/AWSBatch-{site.stack}-*")
    inside = site.arn("ecs", f"*/AWSBatch-{site.stack}-*/*")
    return Grant(sid="Cluster", actions=(*ECS, *ECS_STARTS), resources=(clusters, inside))


def _logs(group: LogGroup) -> Grant:
    streams = pulumi.Output.concat(group.arn, ":*")
    return Grant(sid="Logs", actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(group.arn, streams))
