"""What metaflow-platform is made of: parts, and wires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_iac.blueprints.metaflow_platform.flows import read_flows
from mlops_iac.blueprints.metaflow_platform.options import MetaflowPlatformOptions
from mlops_iac.blueprints.parts.budget import stop_when_spent
from mlops_iac.blueprints.parts.external import tell_external
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.queues import make_queues
from mlops_iac.blueprints.parts.told import CALLER, as_any, tell_foundation, tell_lake, tell_queues
from mlops_iac.components._kit.site import Site
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.components.orchestrator.metaflow import PREFIX, Metaflow, MetaflowArgs
from mlops_iac.config.stack_config import StackConfig
from mlops_iac.core import environment as env
from mlops_iac.core.frameworks import get_framework
from mlops_iac.pipelines.compile.metaflow import Flow

if TYPE_CHECKING:
    from mlops_iac.components.compute.batch import BatchCompute


def build(site: Site, stack: StackConfig, options: MetaflowPlatformOptions) -> env.Environment:
    """Make the environment: a line for each thing that a team gets."""
    flows = read_flows(stack, options)
    framework = get_framework(options.framework.name, options.framework.version)
    foundation = Foundation(site, stack, options, machines=True)
    queues = make_queues(foundation, options.pools, framework, more=(PREFIX,))
    platform = Metaflow(
        site.named("flow"),
        MetaflowArgs(
            lake=foundation.lake.ref,
            queue=queues.queues["cpu"],
            job_role=queues.role.ref,
            image=framework.image(site.region, "training"),
            key=foundation.key,
            boundary=foundation.boundary,
        ),
    )
    queues.grant_submit(platform.role)
    platform.grant_work(queues.role)
    platform.grant_log(queues.nodes.instance_role)
    monitoring = Monitoring(
        site.named("monitoring"),
        MonitoringArgs(
            alerts=foundation.alerts.ref,
            pipelines={name: platform.ref(flow.name) for name, flow in flows.items()},
            monthly_budget_usd=options.monthly_budget_usd,
        ),
    )
    stop_when_spent(foundation, options.over_budget, monitoring)
    return tell(foundation, options, flows, queues, platform, monitoring)


def tell(
    foundation: Foundation,
    options: MetaflowPlatformOptions,
    flows: Mapping[str, Flow],
    queues: BatchCompute,
    platform: Metaflow,
    monitoring: Monitoring,
) -> env.Environment:
    """Publish the client profile and answer the environment's record; its values are Outputs until all exists."""
    foundation.tell(platform.client)
    lake = foundation.lake.ref
    values: dict[str, Any] = {
        **tell_foundation(foundation, monitoring),
        "pipelines": {name: _pipeline(foundation, options, name, flow, platform) for name, flow in flows.items()},
        "queues": tell_queues(queues),
        "services": {
            **tell_external(foundation.options),
            "data-lake": tell_lake(foundation, queues.role.role_arn),
            "flows": env.Service(endpoint=as_any(lake.uri(PREFIX)), credentials=CALLER, client=as_any(platform.client)),
        },
    }
    return env.Environment(**values)


def _pipeline(
    foundation: Foundation, options: MetaflowPlatformOptions, name: str, flow: Flow, platform: Metaflow
) -> env.Pipeline:
    ref = platform.ref(flow.name)
    return env.Pipeline(
        name=name,
        target=ref.target,
        handle=as_any(ref.handle),
        framework=options.framework.name,
        framework_version=options.framework.version,
        code=foundation.stack.code,
        code_prefix="code/",
        scripts={flow.steps[0]: options.flows[name]},
        parameters=flow.parameters,
        steps=tuple(env.Step(name=step, kind="flow", facts={"job": "batch"}) for step in flow.steps),
        keeps=(f"{PREFIX}{flow.name}/",),
    )
