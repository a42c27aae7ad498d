"""What starts pipelines by itself: from what a team wrote to the component that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.blueprints.parts.flow import Flow
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.components.orchestrator import triggers as made
from mlops_iac.core import environment as env
from mlops_iac.core.evaluation import metric_keys
from mlops_iac.core.run_names import NAME_LIMIT
from mlops_iac.pipelines.compile import get_target
from mlops_iac.pipelines.order import as_template, blank_order
from mlops_iac.pipelines.triggers import AfterTrigger, DataTrigger, DriftTrigger, ScheduleTrigger, Trigger

if TYPE_CHECKING:
    from mlops_iac.components.monitoring.drift import DriftMonitor


def make_triggers(
    foundation: Foundation,
    flows: Sequence[Flow],
    pipelines: Mapping[str, env.Pipeline],
    monitor: DriftMonitor | None = None,
) -> made.Triggers | None:
    """Nothing where no pipeline has a trigger. ``pipelines`` are those of the environment's contract."""
    by_name = {flow.pipeline.name: flow for flow in flows}
    wanted = {
        f"{flow.pipeline.name}-{name}": made.Trigger(
            when=_when(foundation, trigger, by_name, monitor),
            request=_request(foundation, flow, pipelines[flow.pipeline.name]),
            names=_names(pipelines[flow.pipeline.name]),
            code=pipelines[flow.pipeline.name].current_code,
            champions=_champions(flow, pipelines[flow.pipeline.name]),
        )
        for flow in flows
        for name, trigger in flow.pipeline.triggers.items()
    }
    if not wanted:
        return None
    kinds = [trigger.kind for flow in flows for trigger in flow.pipeline.triggers.values()]
    found = made.Triggers(
        foundation.site.named("triggers"),
        made.TriggersArgs(
            triggers=wanted,
            lake=foundation.lake.ref,
            bucket_events="data" in kinds,
            key=foundation.log_key,
            boundary=foundation.boundary,
        ),
    )
    foundation.lake.grant_read(found.role, "code/current/")
    for flow in flows:
        if flow.pipeline.triggers:
            flow.orchestrator.grant_start(found.role)
        if any(isinstance(trigger, DriftTrigger) for trigger in flow.pipeline.triggers.values()):
            flow.orchestrator.grant_look(found.role)
    comparing = [flow for flow in flows if flow.pipeline.triggers and flow.pipeline.champion_bounds]
    if comparing:
        comparing[0].layers.serve.registry.grant_read(found.role)
        foundation.lake.grant_read(found.role, "models")
    return found


def _when(
    foundation: Foundation, trigger: Trigger, flows: Mapping[str, Flow], monitor: DriftMonitor | None
) -> made.Clock | made.Happening:
    if isinstance(trigger, ScheduleTrigger):
        return made.Clock(expression=trigger.when, timezone=trigger.timezone)
    if isinstance(trigger, DataTrigger):
        return made.Happening(pattern=_arrived(foundation, trigger.prefix), quiet_minutes=trigger.quiet_minutes)
    if isinstance(trigger, AfterTrigger):
        return made.Happening(pattern=_succeeded(flows[trigger.pipeline]))
    return made.Happening(pattern=_raised(trigger, monitor), quiet_minutes=trigger.quiet_minutes, alone=True)


def _arrived(foundation: Foundation, prefix: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html"""
    detail = {"bucket": {"name": [foundation.lake.ref.bucket]}, "object": {"key": [{"prefix": prefix}]}}
    return {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail}


def _succeeded(flow: Flow) -> dict[str, Any]:
    told = flow.ref.untold
    detail = {told.handle: [flow.ref.handle], told.status: [told.succeeded]}
    return {"source": [told.source], "detail-type": [told.detail_type], "detail": detail}


def _raised(trigger: DriftTrigger, monitor: DriftMonitor | None) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html"""
    own = list(monitor.alarms.values()) if monitor else []
    detail = {"alarmName": [trigger.alarm] if trigger.alarm else own, "state": {"value": ["ALARM"]}}
    return {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"], "detail": detail}


def _names(pipeline: env.Pipeline) -> dict[str, int]:
    return {step.name: step.facts[NAME_LIMIT] for step in pipeline.steps if NAME_LIMIT in step.facts}


def _champions(flow: Flow, pipeline: env.Pipeline) -> dict[str, dict[str, Any]]:
    """What the function that starts runs asks of the registry, by the names of the bounds."""
    return {
        one["parameter"]: {
            "group": flow.layers.serve.registry.group_name,
            "keys": [*metric_keys(one["metric"])],
            "direction": one["direction"],
            "by": one["champion"]["by"],
        }
        for step in pipeline.steps
        for one in step.facts.get("conditions", ())
        if "champion" in one
    }


def _request(foundation: Foundation, flow: Flow, pipeline: env.Pipeline) -> pulumi.Output[dict[str, str]]:
    """The call that starts a run, by the pipeline's defaults."""
    bounds = {name: f"<mlops-iac:{name}>" for name in flow.pipeline.champion_bounds}
    order = blank_order({**flow.pipeline.defaults, **bounds}, _names(pipeline))
    start_request, stack = get_target(flow.ref.target).start_request, foundation.site.stack
    return pulumi.Output.from_input(flow.ref.handle).apply(
        lambda handle: as_template(start_request(stack, replace(pipeline, handle=handle), order))
    )
