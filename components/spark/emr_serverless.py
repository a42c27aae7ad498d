"""Spark on Amazon EMR Serverless: workers in the environment's network that exist only while a job runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.emrserverless import Application

from mlops_iac.components._kit import BoundaryRef, Component, Grant, KeyRef, Named, NetworkRef, Reach, SparkRef
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.spark import NEWEST, RELEASES
from mlops_iac.core.suggestions import did_you_mean

__all__ = ["Spark", "SparkArgs", "SparkNodes"]

# Idle cost: nothing. No capacity waits for jobs. While one runs, 0.0526 $ for an hour of each vCPU and 0.0058 $ for one
# of each GB of memory (ARM64: a fifth less); 20 GB of disk of each worker are free.

ENDPOINTS: Final = ("logs",)
"""What its workers reach in the network besides S3: they write their own logs."""
SERVICE: Final = "emr-serverless.amazonaws.com"
START: Final = ("emr-serverless:StartJobRun",)
FOLLOW: Final = ("emr-serverless:CancelJobRun", "emr-serverless:GetJobRun")
TAG: Final = ("emr-serverless:TagResource",)
PASS: Final = ("iam:PassRole",)
SEE: Final = ("emr-serverless:GetApplication", "emr-serverless:ListJobRuns")
SEE_JOBS: Final = ("emr-serverless:GetDashboardForJobRun", "emr-serverless:GetJobRun")
APPLICATIONS, JOBS = "/applications/*", "/applications/*/jobruns/*"
OWN_TAG: Final = {f"aws:RequestTag/{STACK_TAG}": "{stack}"}
LOG_GROUPS: Final = ("logs:DescribeLogGroups",)
LOG_STREAMS: Final = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html"""
READ_LOGS: Final = ("logs:DescribeLogStreams", "logs:GetLogEvents")

Architecture = Literal["ARM64", "X86_64"]


@dataclass(frozen=True, kw_only=True)
class SparkArgs:
    """What a team may say about Spark."""

    network: NetworkRef
    """Where workers run. It must reach S3 and CloudWatch Logs (`ENDPOINTS`)."""
    release: str = NEWEST
    """Release of EMR (`core.spark.RELEASES`), which says the version of Spark. Left out: the newest that is known."""
    architecture: Architecture = "ARM64"
    """Processors of the workers. Left out: ARM64, a fifth cheaper; packages of your own must be built for it."""
    most_vcpus: int = 32
    """vCPUs of all workers together, at most; jobs that find no room wait. Left out: 32."""
    most_memory_gb: int = 128
    """Their memory, at most. Left out: 128 GB."""
    most_disk_gb: int = 640
    """Their disks, at most. Left out: 640 GB: the 20 that each has, for 32 workers."""
    idle_minutes: int = 5
    """It is stopped after this many minutes without a job, 1 to 10080, and only then can be changed or deleted.
    Left out: 5."""
    key: KeyRef | None = None
    """Encrypts the log. Disks of workers are always encrypted, by a key of AWS's. Left out: CloudWatch's own
    encryption."""
    grants: Sequence[Grant] = ()
    """What jobs may do from the start. Left out: only what owners grant their role later."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `SparkNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class SparkNodes:
    role: Role
    log_group: LogGroup
    application: Application


class Spark(Component):
    """One application, and the role that its jobs run in."""

    Nodes = SparkNodes
    reach = (
        Reach(actions=(*START, *SEE), on=(APPLICATIONS,)),
        Reach(actions=FOLLOW, on=(JOBS,)),
        Reach(actions=TAG, on=(APPLICATIONS,), conditions={"StringEquals": OWN_TAG}),
        Reach(actions=PASS, on=("role/{stack}-*",)),
        Reach(actions=LOG_GROUPS),
        Reach(actions=LOG_STREAMS, on=("log-group:/aws/emr-serverless/{stack}-*",)),
    )
    people: ClassVar[Declared] = {
        "viewer": (Reach(actions=READ_LOGS, on=("log-group:/aws/emr-serverless/{stack}-*",)),)
    }

    def __init__(self, place: Named, args: SparkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__(place, args.transforms, opts)
        group = self._create_log_group(args)
        self.role = self._create_role(group, args)
        application = self._create_application(group, args)
        self._jobs = pulumi.Output.concat(application.arn, "/jobruns/*")
        self.site.people.adopt("viewer", SEE, application.arn)
        self.site.people.adopt("viewer", SEE_JOBS, self._jobs)

        self.nodes = SparkNodes(role=self.role, log_group=group, application=application)
        self.ref = SparkRef(
            application_id=application.id,
            application_arn=application.arn,
            role_arn=self.role.role_arn,
            log_group=group.name,
        )
        self.application_id: pulumi.Output[str] = application.id
        self.register_outputs({"application_id": application.id})

    def grant_run(self, role: Role) -> None:
        """Let a role start, follow and stop jobs, in the jobs' own role."""
        own = dict.fromkeys(OWN_TAG, self.site.stack)
        to_jobs = {"StringEquals": {"iam:PassedToService": SERVICE}}
        role.grant(
            self.allow("start", START, (self.ref.application_arn,)),
            self.allow("follow", FOLLOW, (self._jobs,)),
            self.allow("tag", TAG, (self.ref.application_arn, self._jobs), {"StringEquals": own}),
            self.allow("role", PASS, (self.role.role_arn,), to_jobs),
        )

    def _create_log_group(self, args: SparkArgs) -> LogGroup:
        """Made by us, so that it is encrypted and does not grow for ever."""
        name = f"/aws/emr-serverless/{self.site.stack}-{self.place.name}"
        return make_log_group(self, "log_group", args.key, name=name)

    def _create_role(self, group: LogGroup, args: SparkArgs) -> Role:
        """What it may read and write of the lake, the lake grants."""
        streams = pulumi.Output.concat(group.arn, ":*")
        return make_role(
            self,
            "role",
            services=(SERVICE,),
            description="Runs jobs of Spark",
            grants=[
                self.allow("log groups", LOG_GROUPS, ("*",)),
                self.allow("logs", LOG_STREAMS, (streams,)),
                *args.grants,
            ],
            boundary=args.boundary,
        )

    def _create_application(self, group: LogGroup, args: SparkArgs) -> Application:
        props: dict[str, Any] = {
            "type": "spark",
            "release_label": args.release,
            "architecture": args.architecture,
            "auto_start_configuration": {"enabled": True},
            "auto_stop_configuration": {"enabled": True, "idle_timeout_minutes": args.idle_minutes},
            "maximum_capacity": {
                "cpu": f"{args.most_vcpus} vCPU",
                "memory": f"{args.most_memory_gb} GB",
                "disk": f"{args.most_disk_gb} GB",
            },
            "network_configuration": {
                "subnet_ids": [*args.network.subnet_ids],
                "security_group_ids": [args.network.job_security_group_id],
            },
            "monitoring_configuration": {
                "cloudwatch_logging_configuration": {"enabled": True, "log_group_name": group.name},
                # AWS's own copy of the logs would lie outside the environment.
                "managed_persistence_monitoring_configuration": {"enabled": False},
            },
        }
        return self.make("application", Application, props, called=self.place.name)


def _check(args: SparkArgs) -> None:
    if args.release not in RELEASES:
        detail = f"`release` is {args.release}; known are {', '.join(RELEASES)}."
        raise BlueprintError("Unknown release of Spark.", detail, hint=did_you_mean(args.release, RELEASES))
    least, most = 1, 10_080
    if not least <= args.idle_minutes <= most:
        detail = f"`idle_minutes` is {args.idle_minutes}; EMR Serverless takes {least} to {most}."
        raise BlueprintError("Value out of range.", detail, hint="5 is enough for most teams.")
