"""Step Functions runs a pipeline: a state machine of the compiled document, its role and its log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sfn import StateMachine

from mlops_iac.components._kit import (
    BoundaryRef,
    Component,
    Grant,
    KeyRef,
    Metric,
    Named,
    PipelineRef,
    Reach,
    RunEvents,
)
from mlops_iac.components._kit.documents import settled
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group
from mlops_iac.components.orchestrator.orchestrator import Orchestrator, OrchestratorArgs

__all__ = ["StepFunctions", "StepFunctionsArgs", "StepFunctionsNodes", "orchestrate"]

TARGET = "step-functions"

# Idle cost: nothing. Standard workflows are billed by state transition, logs by what is written and kept.

DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
TRACING = (
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
WATCH = ("events:DescribeRule", "events:PutRule", "events:PutTargets")
"""How Step Functions learns that a job ended (`.sync`): by rules that it makes itself, under names of its own."""
RULES = "rule/StepFunctionsGetEventsFor*"
START = ("states:StartExecution",)
LOOK = ("states:ListExecutions",)
FOLLOW = ("states:DescribeExecution", "states:StopExecution")
SEE = (
    "states:DescribeExecution",
    "states:DescribeStateMachine",
    "states:GetExecutionHistory",
    "states:ListExecutions",
)
ANSWER = ("states:SendTaskFailure", "states:SendTaskSuccess")
KEY = ("kms:Decrypt", "kms:GenerateDataKey")
LOG_KEY = ("kms:GenerateDataKey",)


@dataclass(frozen=True, kw_only=True)
class StepFunctionsArgs:
    """What a state machine is made of."""

    definition: pulumi.Input[str] | Mapping[str, Any]
    """The document in Amazon States Language, as text or as data whose values may be Outputs."""
    grants: Sequence[Grant] = ()
    """What its steps call. Left out: only what owners grant it later (``compute.grant_run(flow.role)``)."""
    jobs: bool = True
    """The document waits for jobs (`.sync`), which needs the right to watch them. Left out: it does."""
    maps: bool = False
    """The document has a distributed Map, which needs the right to start executions of its own. Left out: none."""
    trace: bool = False
    """Send traces to X-Ray, which bills them. Left out: no traces."""
    key: KeyRef | None = None
    """Encrypts the document, executions and logs. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `StepFunctionsNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class StepFunctionsNodes:
    state_machine: StateMachine
    role: Role
    log_group: LogGroup


class StepFunctions(Component):
    """One pipeline as a Step Functions state machine."""

    Nodes = StepFunctionsNodes
    notifies = True
    looks_at_data = False
    reads_items = True
    reach = (
        Reach(actions=(*DELIVERY, *TRACING)),
        Reach(actions=WATCH, on=(RULES,)),
        Reach(actions=(*START, *LOOK, *FOLLOW)),
        Reach(actions=KEY, on=("key/*",)),
    )
    people: ClassVar[Declared] = {
        "viewer": (Reach(actions=SEE),),
        "scientist": (Reach(actions=(*START, "states:StopExecution")),),
        "admin": (Reach(actions=ANSWER),),
    }

    def __init__(self, place: Named, args: StepFunctionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        group = self._create_log_group(args)
        role = self._create_role(args)
        machine = self._create_state_machine(args, role, group)

        self.nodes = StepFunctionsNodes(state_machine=machine, role=role, log_group=group)
        self.role = self.deploy_role = self.tell_role = self.query_role = role
        self.state_machine_name: pulumi.Output[str] = machine.name
        self.state_machine_arn: pulumi.Output[str] = machine.arn
        self.ref = _ref(machine)
        self.register_outputs({"state_machine_name": machine.name, "state_machine_arn": machine.arn})

    def grant_start(self, role: Role) -> None:
        """Let a role start runs."""
        role.grant(self.allow("start", START, (self.state_machine_arn,)))

    def grant_look(self, role: Role) -> None:
        """Let a role see which runs are under way."""
        role.grant(self.allow("look", LOOK, (self.state_machine_arn,)))

    def grant_follow(self, role: Role) -> None:
        """Let a role follow and stop runs."""
        runs = self.site.arn("states", f"execution:{self.state_machine}:*")
        role.grant(self.allow("follow", FOLLOW, (runs,)))

    @property
    def state_machine(self) -> str:
        """The physical name, known before anything is made."""
        return self.physical(StateMachine.pulumi_type)

    def _create_log_group(self, args: StepFunctionsArgs) -> LogGroup:
        # Under this prefix AWS does not append each group to the account's log resource policy, which has a size limit.
        return make_log_group(self, "log_group", args.key, name=f"/aws/vendedlogs/states/{self.state_machine}")

    def _create_role(self, args: StepFunctionsArgs) -> Role:
        grants = [self.allow("log delivery", DELIVERY, ("*",))]
        if args.jobs:
            grants.append(self.allow("watch", WATCH, (self.site.arn("events", RULES),)))
        if args.trace:
            grants.append(self.allow("trace", TRACING, ("*",)))
        if args.maps:
            grants.extend(self._start_items())
        if args.key:
            grants.extend(self._use_key(args.key))
        return make_role(
            self,
            "role",
            services=("states.amazonaws.com",),
            description="Runs the pipeline: calls what its steps call",
            grants=[*grants, *args.grants],
            boundary=args.boundary,
        )

    def _start_items(self) -> list[Grant]:
        """Each item of a distributed Map is an execution of the machine itself.

        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        machine = self.site.arn("states", f"stateMachine:{self.state_machine}")
        items = self.site.arn("states", f"execution:{self.state_machine}/*")
        return [self.allow("items", START, (machine,)), self.allow("follow items", FOLLOW, (items,))]

    def _use_key(self, key: KeyRef) -> list[Grant]:
        """The key for what is stored of the machine and its executions, and for what is delivered of them to the log.

        https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
        """
        context = "kms:EncryptionContext:"
        machine = self.site.arn("states", f"stateMachine:{self.state_machine}")
        own = {"StringEquals": {f"{context}aws:states:stateMachineArn": machine}}
        delivered = {"StringEquals": {f"{context}SourceArn": self.site.arn("logs", "*")}}
        return [
            self.allow("key", KEY, (key.arn,), own),
            self.allow("log key", LOG_KEY, (key.arn,), delivered),
        ]

    def _create_state_machine(self, args: StepFunctionsArgs, role: Role, group: LogGroup) -> StateMachine:
        logging = {
            "level": "ALL",
            "include_execution_data": self.site.profile != "regulated",
            "log_destination": pulumi.Output.concat(group.arn, ":*"),
        }
        props: dict[str, Any] = {
            "role_arn": role.role_arn,
            "definition": _text(args.definition),
            "logging_configuration": logging,
            "tracing_configuration": {"enabled": args.trace},
        }
        if args.key:
            props["encryption_configuration"] = {
                "type": "CUSTOMER_MANAGED_KMS_KEY",
                "kms_key_id": args.key.arn,
                "kms_data_key_reuse_period_seconds": 300,
            }
        # AWS tries the role's right to deliver logs when the machine is made, so its policy must be there first.
        return self.make("state_machine", StateMachine, props, called=self.place.name, depends_on=[role])


def _text(document: pulumi.Input[str] | Mapping[str, Any]) -> pulumi.Output[str]:
    """A document as text: text stays as it is, data becomes JSON in the order of its keys (states read top to
    bottom)."""
    return settled(document).apply(
        lambda given: given if isinstance(given, str) else json.dumps(given, separators=(",", ":"))
    )


def _ref(machine: StateMachine) -> PipelineRef:
    """https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html and
    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html"""

    def metric(outcome: str) -> Metric:
        names = {"StateMachineArn": machine.arn}
        return Metric(namespace="AWS/States", name=f"Executions{outcome}", dimensions=names)

    return PipelineRef(
        target=TARGET,
        name=machine.name,
        handle=machine.arn,
        failed=metric("Failed"),
        outcomes=tuple(map(metric, ("Started", "Succeeded", "Failed", "TimedOut"))),
        # An execution that fails tells the team on its own way to its end.
        untold=RunEvents(
            source="aws.states",
            detail_type="Step Functions Execution Status Change",
            handle="stateMachineArn",
            run="name",
            status="status",
            statuses=("ABORTED", "TIMED_OUT"),
            succeeded="SUCCEEDED",
            told=("FAILED",),
        ),
    )


def orchestrate(place: Named, args: OrchestratorArgs) -> Orchestrator:
    return StepFunctions(
        place, StepFunctionsArgs(definition=args.definition({}), key=args.key, boundary=args.boundary, maps=args.maps)
    )
