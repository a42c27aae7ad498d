"""Metaflow runs a team's flow: what its Step Functions and Batch plug-ins ask for, and the variables that tell it so.

Metaflow writes the state machine and the job definitions itself, when somebody deploys a flow. Here is what these need:
a table in which a `foreach` keeps its count, the roles, a log, and a place in the lake. Nothing is always on: runs are
found in the datastore, so there is no metadata service to pay for and to patch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.dynamodb import Table

from mlops_iac.components._kit import (
    BoundaryRef,
    Component,
    Grant,
    KeyRef,
    LakeRef,
    Metric,
    Named,
    PipelineRef,
    QueueRef,
    Reach,
    RoleRef,
    RunEvents,
)
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.compute.batch_roles import LOGS
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.components.orchestrator.step_functions import DELIVERY, RULES, SEE, START, WATCH
from mlops_iac.core.environment import STACK_TAG

__all__ = ["Metaflow", "MetaflowArgs", "MetaflowNodes"]

TARGET = "metaflow"

# Idle cost: nothing. The table is billed by request, and holds a few bytes for each `foreach` of the last 120 days.

PREFIX = "metaflow/"
"""Where in the lake the datastore lies."""
ITEMS = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
COUNT = ("dynamodb:GetItem",)
DECRYPT = ("kms:Decrypt",)
SUBMIT = ("batch:SubmitJob",)
DEFINITIONS = "job-definition/metaflow_*"
"""Metaflow names job definitions by a hash of what is in them."""


LOG = "log-group:/aws/batch/job:*"
"""Where the log of a job goes whose definition does not say, as Metaflow's do not; Batch makes the group itself.
https://docs.aws.amazon.com/batch/latest/userguide/using_cloudwatch_logs.html"""


@dataclass(frozen=True, kw_only=True)
class MetaflowArgs:
    """What a team may say about Metaflow."""

    lake: LakeRef
    """Holds the datastore, below `metaflow/`."""
    queue: QueueRef
    """Where tasks run that name no other queue."""
    job_role: RoleRef
    """What tasks act as; `grant_work` lets it do what Metaflow does in a task."""
    image: str
    """The image of tasks that name no other. It must have Python, boto3 and requests: jobs reach no package index."""
    key: KeyRef | None = None
    """Encrypts the table and the log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `MetaflowNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class MetaflowNodes:
    table: Table
    flow_role: Role
    schedule_role: Role
    log_group: LogGroup


class Metaflow(Component):
    """The ground that a team's own flows stand on."""

    Nodes = MetaflowNodes
    reach = (
        Reach(actions=DELIVERY),
        Reach(actions=START),
        Reach(actions=ITEMS),
        Reach(actions=WATCH, on=(RULES,)),
        Reach(actions=SUBMIT, on=(DEFINITIONS,)),
        Reach(actions=LOGS, on=(LOG,)),
        Reach(actions=DECRYPT, on=("key/*",)),
    )
    people: ClassVar[Declared] = {
        "viewer": (Reach(actions=SEE),),
        "scientist": (Reach(actions=(*START, "states:StopExecution")),),
    }

    def __init__(self, place: Named, args: MetaflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        self._key = args.key
        table = self._create_table(args)
        group = make_log_group(self, "log_group", args.key, name=f"/aws/vendedlogs/states/{self.prefix}")
        flow_role = self._create_flow_role(table, args)
        schedule_role = self._create_schedule_role(args)

        self.nodes = MetaflowNodes(table=table, flow_role=flow_role, schedule_role=schedule_role, log_group=group)
        self.role = flow_role
        self.client = self._client(args)
        self.register_outputs({"table_name": table.name, "role_arn": flow_role.role_arn})

    def grant_work(self, role: Role) -> None:
        """Let tasks count: how often a `foreach` is to be done, and which of its tasks are over."""
        role.grant(*self._use_table(self.nodes.table, "items", ITEMS))

    def grant_log(self, role: Role) -> None:
        """Let the queues' machines write what tasks print: Metaflow's job definitions name no role for the agent."""
        role.grant(self.allow("log", LOGS, (self.site.arn("logs", LOG),)))

    @property
    def prefix(self) -> str:
        """What the names of this environment's state machines start with."""
        return f"{self.site.stack}-{self.place.name}"

    def machine(self, flow: str) -> pulumi.Output[str]:
        """The ARN of the state machine that Metaflow makes of a flow."""
        return self.site.arn("states", f"stateMachine:{self.prefix}_{flow}")

    def ref(self, flow: str) -> PipelineRef:
        """A flow, as what watches pipelines sees it."""
        arn = self.machine(flow)

        def metric(outcome: str) -> Metric:
            return Metric(namespace="AWS/States", name=f"Executions{outcome}", dimensions={"StateMachineArn": arn})

        return PipelineRef(
            target=TARGET,
            name=f"{self.prefix}_{flow}",
            handle=arn,
            failed=metric("Failed"),
            outcomes=tuple(map(metric, ("Started", "Succeeded", "Failed", "TimedOut"))),
            # A flow tells nobody how it ended.
            untold=RunEvents(
                source="aws.states",
                detail_type="Step Functions Execution Status Change",
                handle="stateMachineArn",
                run="name",
                status="status",
                statuses=("ABORTED", "FAILED", "TIMED_OUT"),
                succeeded="SUCCEEDED",
            ),
        )

    def _create_table(self, args: MetaflowArgs) -> Table:
        """Its key and the name of its expiry are Metaflow's: plugins/aws/step_functions/dynamo_db_client.py."""
        encryption = {"server_side_encryption": {"enabled": True, "kms_key_arn": args.key.arn}} if args.key else {}
        props = {
            "billing_mode": "PAY_PER_REQUEST",
            "hash_key": "pathspec",
            "attributes": [{"name": "pathspec", "type": "S"}],
            "ttl": {"attribute_name": "ttl", "enabled": True},
            "point_in_time_recovery": {"enabled": True},
            **encryption,
        }
        return self.make("table", Table, props, called=self.place.name)

    def _create_flow_role(self, table: Table, args: MetaflowArgs) -> Role:
        grants = [
            self.allow("log delivery", DELIVERY, ("*",)),
            self.allow("watch", WATCH, (self.site.arn("events", RULES),)),
            self.allow("submit", SUBMIT, (self.site.arn("batch", DEFINITIONS),)),
            *self._use_table(table, "count", COUNT),
        ]
        return make_role(
            self,
            "flow_role",
            services=("states.amazonaws.com",),
            description="Runs flows: starts their tasks and counts them",
            grants=grants,
            boundary=args.boundary,
        )

    def _create_schedule_role(self, args: MetaflowArgs) -> Role:
        machines = self.site.arn("states", f"stateMachine:{self.prefix}_*")
        return make_role(
            self,
            "schedule_role",
            services=("events.amazonaws.com",),
            description="Starts flows at the times that they say themselves",
            grants=[self.allow("start", START, (machines,))],
            boundary=args.boundary,
        )

    def _use_table(self, table: Table, what: str, actions: tuple[str, ...]) -> list[Grant]:
        found = [self.allow(what, actions, (table.arn,))]
        if self._key is not None:
            through = {"StringEquals": {"kms:ViaService": f"dynamodb.{self.site.region}.amazonaws.com"}}
            found.append(self.allow("decrypt", DECRYPT, (self._key.arn,), through))
        return found

    def _client(self, args: MetaflowArgs) -> Mapping[str, pulumi.Input[str]]:
        """Metaflow's settings, as its variables: https://github.com/Netflix/metaflow, metaflow_config.py."""
        nodes, root = self.nodes, args.lake.uri(PREFIX.rstrip("/"))
        encryption = {"METAFLOW_S3_SERVER_SIDE_ENCRYPTION": "aws:kms"} if args.lake.key_arn else {}
        return {
            "METAFLOW_DEFAULT_DATASTORE": "s3",
            "METAFLOW_DATASTORE_SYSROOT_S3": root,
            "METAFLOW_DEFAULT_METADATA": "local",
            "METAFLOW_BATCH_JOB_QUEUE": args.queue.queue_arn,
            "METAFLOW_BATCH_CONTAINER_IMAGE": args.image,
            "METAFLOW_BATCH_EMIT_TAGS": "true",
            "METAFLOW_BATCH_DEFAULT_TAGS": json.dumps({STACK_TAG: self.site.stack}),
            "METAFLOW_ECS_S3_ACCESS_IAM_ROLE": args.job_role.arn,
            "METAFLOW_SFN_IAM_ROLE": nodes.flow_role.role_arn,
            "METAFLOW_SFN_DYNAMO_DB_TABLE": nodes.table.name,
            "METAFLOW_SFN_STATE_MACHINE_PREFIX": self.prefix,
            "METAFLOW_SFN_EXECUTION_LOG_GROUP_ARN": pulumi.Output.concat(nodes.log_group.arn, ":*"),
            "METAFLOW_EVENTS_SFN_ACCESS_IAM_ROLE": nodes.schedule_role.role_arn,
            **encryption,
        }
