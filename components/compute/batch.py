"""AWS Batch: CPU and GPU queues over spot and on-demand machines that exist only while jobs wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi_aws.batch import ComputeEnvironment, JobDefinition, JobQueue
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.ec2 import LaunchTemplate, PlacementGroup
from pulumi_aws.iam import InstanceProfile

from mlops_iac.components._kit import BoundaryRef, Component, KeyRef, Named, NetworkRef, QueueRef, Reach
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.compute import batch_jobs, batch_pools
from mlops_iac.components.compute.batch_jobs import JobDefinitionArgs
from mlops_iac.components.compute.batch_pools import PoolArgs
from mlops_iac.components.compute.batch_roles import REACH as ROLES_REACH
from mlops_iac.components.compute.batch_roles import BatchRoles, create_roles
from mlops_iac.components.identity import Role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.core.environment import STACK_TAG

__all__ = ["BatchCompute", "BatchComputeArgs", "BatchComputeNodes", "JobDefinitionArgs", "PoolArgs"]

# Idle cost: nothing. Compute environments shrink to zero machines.

SUBMIT = ("batch:SubmitJob",)
TAG = ("batch:TagResource",)
FOLLOW = ("batch:DescribeJobs",)
STOP = ("batch:TerminateJob",)
OWN_JOBS = {f"aws:ResourceTag/{STACK_TAG}": "{stack}"}
"""AWS names jobs by number, so that only their tag tells whose they are."""
OWN_TAG = {f"aws:RequestTag/{STACK_TAG}": "{stack}"}


def _default_pools() -> dict[str, PoolArgs]:
    return {"cpu": PoolArgs(instance_types=("m5", "c5")), "gpu": PoolArgs(instance_types=("g5",), max_vcpus=32)}


@dataclass(frozen=True, kw_only=True)
class BatchComputeArgs:
    """What a team may say about its queues."""

    network: NetworkRef
    """Where machines run. It must reach ECS, ECR and CloudWatch Logs: a `Network` with ``machines`` does."""
    pools: Mapping[str, PoolArgs] = field(default_factory=_default_pools)
    """Queues by name. Left out: ``cpu`` and ``gpu``."""
    jobs: Mapping[str, JobDefinitionArgs] = field(default_factory=dict)
    """Job definitions by name. Left out: none; jobs bring their own."""
    key: KeyRef | None = None
    """Encrypts the log. Disks are always encrypted, by the account's key for EBS: machines that AWS starts for Batch
    could use a key of ours only with a standing grant to AWS's service-linked role. Left out: AWS-managed
    encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `BatchComputeNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class BatchComputeNodes:
    instance_role: Role
    execution_role: Role
    job_role: Role
    instance_profile: InstanceProfile
    log_group: LogGroup
    launch_templates: Mapping[str, LaunchTemplate]
    placement_groups: Mapping[str, PlacementGroup]
    environments: Mapping[str, ComputeEnvironment]
    queues: Mapping[str, JobQueue]
    job_definitions: Mapping[str, JobDefinition]
    node_definitions: Mapping[str, JobDefinition]


class BatchCompute(Component):
    """Queues for jobs that bring their own container: large arrays, GPU training, anything SageMaker is not for."""

    Nodes = BatchComputeNodes
    reach = (
        *ROLES_REACH,
        Reach(actions=SUBMIT, on=("job/*", "job-definition/{stack}-*", "job-queue/{stack}-*")),
        Reach(actions=FOLLOW),
        Reach(actions=TAG, on=("job/*",), conditions={"StringEquals": OWN_TAG}),
        Reach(actions=STOP, on=("job/*",), conditions={"StringEquals": OWN_JOBS}),
    )
    people: ClassVar[Declared] = {
        "viewer": (
            Reach(actions=FOLLOW),
            Reach(actions=("logs:DescribeLogStreams", "logs:GetLogEvents"), on=("log-group:/aws/batch/{stack}-*",)),
        )
    }

    def __init__(self, place: Named, args: BatchComputeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        batch_pools.check(args.pools, args.network)
        super().__init__(place, args.transforms, opts)
        group = self._create_log_group(args)
        roles = create_roles(self, group, args.boundary, [job.image for job in args.jobs.values()])
        profile = self.make("instance_profile", InstanceProfile, {"role": roles.instance.role_name})
        templates = {
            pool: self.make(
                "launch_templates",
                LaunchTemplate,
                batch_pools.launch_template(place, pool, pool_args),
                name=f"{pool}-launch-template",
            )
            for pool, pool_args in args.pools.items()
        }
        groups = {
            pool: self.make("placement_groups", PlacementGroup, {"strategy": "cluster"}, name=f"{pool}-placement-group")
            for pool, pool_args in args.pools.items()
            if pool_args.together
        }
        environments = {
            f"{pool}-{way}": self._create_environment(f"{pool}-{way}", resources, roles.instance)
            for pool, pool_args in args.pools.items()
            for way, buying in pool_args.environments.items()
            for resources in (
                batch_pools.compute_resources(
                    place,
                    pool_args,
                    buying,
                    args.network,
                    profile.arn,
                    templates[pool],
                    groups[pool].name if pool in groups else None,
                ),
            )
        }
        queues = {pool: self._create_queue(pool, args.pools[pool], environments) for pool in args.pools}
        definitions = {name: self._create_definition(name, job, roles, group) for name, job in args.jobs.items()}
        several = {
            name: self._create_node_definition(name, job, roles, group)
            for name, job in args.jobs.items()
            if job.nodes > 1
        }

        self.nodes = BatchComputeNodes(
            instance_role=roles.instance,
            execution_role=roles.execution,
            job_role=roles.job,
            instance_profile=profile,
            log_group=group,
            launch_templates=templates,
            placement_groups=groups,
            environments=environments,
            queues=queues,
            job_definitions=definitions,
            node_definitions=several,
        )
        self.role = roles.job
        self.pulling_roles = (roles.execution, roles.instance)
        """Who fetches images: the agent as the job's execution role, as the machine's own for a job that has none."""
        self.queue_arns = {pool: queue.arn for pool, queue in queues.items()}
        self.job_definition_arns = {name: definition.arn for name, definition in definitions.items()}
        self._nodes = {name: (args.jobs[name].nodes, definition.arn) for name, definition in several.items()}
        self.register_outputs({"queue_arns": self.queue_arns, "job_definition_arns": self.job_definition_arns})

    @property
    def queues(self) -> Mapping[str, QueueRef]:
        """Each queue, with the job definitions of its name if any were given."""
        found = {}
        for name, arn in self.queue_arns.items():
            nodes, definition = self._nodes.get(name, (1, None))
            found[name] = QueueRef(
                queue_arn=arn,
                job_definition_arn=self.job_definition_arns.get(name),
                nodes=nodes,
                nodes_definition_arn=definition,
            )
        return found

    def grant_submit(self, role: Role) -> None:
        """Let a role submit jobs of these definitions to these queues, and follow and stop them."""
        stack = self.site.stack
        jobs = self.site.arn("batch", "job/*")
        definitions = self.site.arn("batch", f"job-definition/{stack}-*")
        role.grant(
            self.allow("submit", SUBMIT, (*self.queue_arns.values(), definitions, jobs)),
            self.allow("tag", TAG, (jobs,), {"StringEquals": dict.fromkeys(OWN_TAG, stack)}),
            self.allow("follow", FOLLOW, ("*",)),
            self.allow("stop", STOP, (jobs,), {"StringEquals": dict.fromkeys(OWN_JOBS, stack)}),
        )

    def _create_log_group(self, args: BatchComputeArgs) -> LogGroup:
        name = f"/aws/batch/{self.site.stack}-{self.place.name}"
        return make_log_group(self, "log_group", args.key, name=name)

    def _create_environment(self, name: str, resources: Mapping[str, Any], instance: Role) -> ComputeEnvironment:
        props = {"type": "MANAGED", "compute_resources": resources}
        # Machines that start before their role may do anything never join the cluster.
        return self.make("environments", ComputeEnvironment, props, name=name, depends_on=[instance])

    def _create_queue(self, pool: str, args: PoolArgs, environments: Mapping[str, ComputeEnvironment]) -> JobQueue:
        order = [
            {"order": number, "compute_environment": environments[f"{pool}-{way}"].arn}
            for number, way in enumerate(args.environments, 1)
        ]
        props = {"state": "ENABLED", "priority": 1, "compute_environment_orders": order}
        return self.make("queues", JobQueue, props, name=f"{pool}-queue")

    def _create_definition(
        self, name: str, job: JobDefinitionArgs, roles: BatchRoles, group: LogGroup
    ) -> JobDefinition:
        container = batch_jobs.container(job, roles.job, roles.execution, group, self.site.region)
        props = batch_jobs.definition(job, container)
        return self.make("job_definitions", JobDefinition, props, name=f"{name}-job")

    def _create_node_definition(
        self, name: str, job: JobDefinitionArgs, roles: BatchRoles, group: LogGroup
    ) -> JobDefinition:
        container = batch_jobs.container(job, roles.job, roles.execution, group, self.site.region)
        props = batch_jobs.on_nodes(job, container)
        return self.make("node_definitions", JobDefinition, props, name=f"{name}-job-nodes")
