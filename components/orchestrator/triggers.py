"""What starts runs by itself: schedules, and rules on events, that call one function of the environment, which starts
them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi_aws.cloudwatch import EventRule, EventTarget, LogGroup
from pulumi_aws.lambda_ import Function, Permission
from pulumi_aws.s3 import BucketNotification
from pulumi_aws.scheduler import Schedule, ScheduleGroup

from mlops_iac.components._kit import BoundaryRef, Component, Grant, KeyRef, LakeRef, Named, Reach, render
from mlops_iac.components._kit.documents import settled
from mlops_iac.components._kit.functions import LOG, RUNTIME, pack
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.functions import make_function_log, make_function_role
from mlops_iac.components.identity import Role, make_role
from mlops_iac.core import champions, run_names

__all__ = ["Clock", "Happening", "Trigger", "Triggers", "TriggersArgs", "TriggersNodes"]

# Idle cost: nothing. Schedules, events and calls of the function are billed by use, and cost cents at a run an hour.

SOURCE: Final = Path(__file__).with_name("start_function.py")
SECONDS: Final = 60

INVOKE = ("lambda:InvokeFunction",)
LATER = ("scheduler:CreateSchedule", "scheduler:GetSchedule")
PASS = ("iam:PassRole",)
DECRYPT = ("kms:Decrypt",)
TO_SCHEDULER = {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}

RETRIES: Final = {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 5}
"""A run that could not be started within the hour is not started by night."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """At a time."""

    expression: str
    """``rate(1 day)``, ``cron(0 6 * * ? *)``, ``at(2026-12-01T06:00:00)``."""
    timezone: str = "UTC"
    """An IANA name, for all but rates. Left out: UTC."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """When an event comes."""

    pattern: Mapping[str, Any]
    """EventBridge's pattern; its values may be Outputs."""
    quiet_minutes: int = 0
    """Wait until none has come for this long. Left out: start at each."""
    alone: bool = False
    """Start nothing while a run of the pipeline is under way. Left out: runs may go on at the same time."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """When, and what is started then."""

    when: Clock | Happening
    request: pulumi.Input[Mapping[str, str]]
    """`mlops_iac.pipelines.order.as_template`: the call that starts a run, to be filled in."""
    names: Mapping[str, int]
    """Step to the characters that the name of what it makes may have."""
    code: str
    """Key in the lake of the file that names the code."""
    champions: Mapping[str, Mapping[str, pulumi.Input[Any]]] = field(default_factory=dict)
    """Bounds that follow from the champion, by name: what `mlops_iac.core.champions.find_bound` is asked."""


@dataclass(frozen=True, kw_only=True)
class TriggersArgs:
    """What starts by itself."""

    triggers: Mapping[str, Trigger]
    """By name."""
    lake: LakeRef
    reads: Sequence[Grant] = ()
    """What reading the code's name in the lake takes. Left out: its owner grants it later (``lake.grant_read``)."""
    bucket_events: bool = False
    """Have the lake's bucket tell EventBridge of its objects. Left out: it does not."""
    key: KeyRef | None = None
    """Encrypts schedules and the function's log. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `TriggersNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class TriggersNodes:
    starter: Function
    starter_role: Role
    starter_log: LogGroup
    group: ScheduleGroup
    schedule_role: Role
    schedules: Mapping[str, Schedule]
    rules: Mapping[str, EventRule]
    targets: Mapping[str, EventTarget]
    permissions: Mapping[str, Permission]
    notification: BucketNotification | None


class Triggers(Component):
    """Schedules and rules of one environment, and the function that they call."""

    Nodes = TriggersNodes
    reach = (
        Reach(actions=INVOKE, on=("function:{stack}-*",)),
        Reach(actions=LOG, on=("log-group:/aws/lambda/{stack}-*",)),
        Reach(actions=LATER),
        Reach(actions=PASS, on=("role/{stack}-*",)),
        Reach(actions=DECRYPT, on=("key/*",)),
    )

    def __init__(self, place: Named, args: TriggersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        log = make_function_log(self, "starter", args.key)
        group = self.make("group", ScheduleGroup, {}, called=self.place.name)
        schedule_role = self._create_schedule_role(args)
        self.role = self._create_starter_role(args, group, schedule_role)
        starter = self._create_starter(args, log, group, schedule_role)
        timed = {name: each.when for name, each in args.triggers.items() if isinstance(each.when, Clock)}
        told = {name: each.when for name, each in args.triggers.items() if isinstance(each.when, Happening)}
        rules = {name: self._create_rule(name, when) for name, when in told.items()}

        self.nodes = TriggersNodes(
            starter=starter,
            starter_role=self.role,
            starter_log=log,
            group=group,
            schedule_role=schedule_role,
            schedules={
                name: self._create_schedule(args, name, when, starter, group, schedule_role)
                for name, when in timed.items()
            },
            rules=rules,
            targets={name: self._create_target(name, rule, starter) for name, rule in rules.items()},
            permissions={name: self._create_permission(name, rule, starter) for name, rule in rules.items()},
            notification=self._create_notification(args) if args.bucket_events else None,
        )
        self.starter_arn: pulumi.Output[str] = starter.arn
        self.register_outputs({"starter_arn": starter.arn})

    # The function -------------------------------------------------------------------------------------------------

    @property
    def _starter(self) -> str:
        return self.physical(Function.pulumi_type, "starter")

    def _create_starter_role(self, args: TriggersArgs, group: ScheduleGroup, schedule_role: Role) -> Role:
        grants = [*args.reads]
        if any(isinstance(each.when, Happening) and each.when.quiet_minutes for each in args.triggers.values()):
            later = pulumi.Output.concat(self.site.arn("scheduler", "schedule/"), group.name, "/*")
            grants += [
                self.allow("later", LATER, (later,)),
                self.allow("pass", PASS, (schedule_role.role_arn,), TO_SCHEDULER),
            ]
        description = "Starts runs when a trigger fires"
        return make_function_role(self, "starter", description=description, grants=grants, boundary=args.boundary)

    def _create_starter(self, args: TriggersArgs, log: LogGroup, group: ScheduleGroup, schedule_role: Role) -> Function:
        props: dict[str, Any] = {
            "description": "Starts runs when a trigger fires, with the code that was run or pushed last",
            "code": settled(self._settings(args, group, schedule_role)).apply(
                lambda told: pack(SOURCE, run_names, champions, settings={"triggers.json": told})
            ),
            "handler": f"{SOURCE.stem}.handler",
            "runtime": RUNTIME,
            "role": self.role.role_arn,
            "timeout": SECONDS,
            "memory_size": 256,
        }
        return self.make("starter", Function, props, depends_on=[self.role, log])

    def _settings(self, args: TriggersArgs, group: ScheduleGroup, schedule_role: Role) -> dict[str, Any]:
        return {
            "stack": self.site.stack,
            "bucket": args.lake.bucket,
            "group": group.name,
            "schedule_role": schedule_role.role_arn,
            "triggers": {name: _settings_of(each) for name, each in args.triggers.items()},
        }

    # The clock ----------------------------------------------------------------------------------------------------

    def _create_schedule_role(self, args: TriggersArgs) -> Role:
        starter = self.site.arn("lambda", f"function:{self._starter}")
        return make_role(
            self,
            "schedule_role",
            services=("scheduler.amazonaws.com",),
            description="Calls the function that starts runs",
            grants=[
                self.allow("invoke", INVOKE, (starter,)),
                *([self.allow("key", DECRYPT, (args.key.arn,))] if args.key else ()),
            ],
            boundary=args.boundary,
        )

    def _create_schedule(
        self, args: TriggersArgs, name: str, when: Clock, starter: Function, group: ScheduleGroup, role: Role
    ) -> Schedule:
        event = {"trigger": name, "id": "<aws.scheduler.execution-id>", "time": "<aws.scheduler.scheduled-time>"}
        props: dict[str, Any] = {
            "description": f"Trigger {name} of {self.site.stack}",
            "group_name": group.name,
            "schedule_expression": when.expression,
            "schedule_expression_timezone": when.timezone,
            "flexible_time_window": {"mode": "OFF"},
            "target": {
                "arn": starter.arn,
                "role_arn": role.role_arn,
                "input": json.dumps(event),
                "retry_policy": RETRIES,
            },
        }
        if args.key:
            props["kms_key_arn"] = args.key.arn
        return self.make("schedules", Schedule, props, name=name, depends_on=[role])

    # Events -------------------------------------------------------------------------------------------------------

    def _create_rule(self, name: str, when: Happening) -> EventRule:
        props = {"description": f"Trigger {name} of {self.site.stack}", "event_pattern": render(when.pattern)}
        return self.make("rules", EventRule, props, name=name)

    def _create_target(self, name: str, rule: EventRule, starter: Function) -> EventTarget:
        transformer = {
            "input_paths": {"id": "$.id", "time": "$.time"},
            "input_template": f'{{"trigger": {json.dumps(name)}, "id": <id>, "time": <time>}}',
        }
        props = {"rule": rule.name, "arn": starter.arn, "target_id": "starter", "input_transformer": transformer}
        return self.make("targets", EventTarget, props, name=f"{name}-target")

    def _create_permission(self, name: str, rule: EventRule, starter: Function) -> Permission:
        props = {
            "statement_id": name,
            "action": INVOKE[0],
            "function": starter.name,
            "principal": "events.amazonaws.com",
            "source_arn": rule.arn,
        }
        return self.make("permissions", Permission, props, name=f"{name}-permission")

    def _create_notification(self, args: TriggersArgs) -> BucketNotification:
        return self.make("notification", BucketNotification, {"bucket": args.lake.bucket, "eventbridge": True})


def _settings_of(trigger: Trigger) -> dict[str, Any]:
    quiet = trigger.when.quiet_minutes if isinstance(trigger.when, Happening) else 0
    alone = isinstance(trigger.when, Happening) and trigger.when.alone
    return {
        "request": trigger.request,
        "names": dict(trigger.names),
        "code": trigger.code,
        **({"quiet_minutes": quiet} if quiet else {}),
        **({"champions": trigger.champions} if trigger.champions else {}),
        **({"alone": True} if alone else {}),
    }
