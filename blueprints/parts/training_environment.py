"""An environment that trains and serves one model: the parts wired, and what it tells those who use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.blueprints.parts.flow import Flow
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.jobs import Jobs
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.tracking import make_tracking
from mlops_iac.blueprints.parts.training_options import TrainingOptions
from mlops_iac.blueprints.parts.triggers import make_triggers
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.core import environment as env
from mlops_iac.pipelines.describe import describe

if TYPE_CHECKING:
    from mlops_iac.components._kit.refs import EndpointRef
    from mlops_iac.components.compute.batch import BatchCompute
    from mlops_iac.components.monitoring.drift import DriftMonitor

CALLER = "caller"
"""Credentials of a service that is used with the client's own AWS credentials."""


def watch(foundation: Foundation, options: FoundationOptions, flows: Sequence[Flow], serve: Serve) -> Monitoring:
    """A dashboard, alarms on failed runs, and a budget."""
    args = MonitoringArgs(
        alerts=foundation.alerts.ref,
        pipelines={flow.pipeline.name: flow.ref for flow in flows},
        endpoints=[serve.endpoint.ref],
        monthly_budget_usd=options.monthly_budget_usd,
    )
    return Monitoring(foundation.site.named("monitoring"), args)


def tell(
    foundation: Foundation,
    options: TrainingOptions,
    *,
    jobs: Jobs,
    serve: Serve,
    flows: Sequence[Flow],
    monitoring: Monitoring,
    monitor: DriftMonitor | None = None,
    queues: BatchCompute | None = None,
) -> env.Environment:
    """Publish the client profile and answer the environment's record; its values are Outputs until all exists."""
    foundation.tell(
        {
            **{f"MLOPS_IAC_PIPELINE_{_variable(flow.pipeline.name)}": flow.ref.handle for flow in flows},
            "MLOPS_IAC_MODEL_PACKAGE_GROUP": serve.registry.group_name,
            "MLOPS_IAC_ENDPOINT": serve.endpoint.endpoint_name,
        }
    )
    site, lake = foundation.site, foundation.lake.ref
    registry, images, endpoint = serve.registry.ref, foundation.images.ref, serve.endpoint.ref
    pipelines = {flow.pipeline.name: _pipeline(foundation, options, flow) for flow in flows}
    make_triggers(foundation, flows, pipelines, monitor)
    tracking = make_tracking(foundation, options.tracking, flows)
    values: dict[str, Any] = {
        "team": site.team,
        "environment": site.environment,
        "blueprint": site.blueprint,
        "region": site.region,
        "account_id": site.account_id,
        "stores": {
            env.LAKE: env.Store(bucket=_any(lake.bucket), zones=dict(lake.zones), key_arn=_any(lake.key_arn or ""))
        },
        "pipelines": pipelines,
        "endpoints": {"main": _endpoint(endpoint, monitor)},
        "registries": {"main": env.Registry(model_package_group=_any(registry.group), repository_url=_any(images.url))},
        "queues": {
            name: env.Queue(queue=_any(queue.queue_arn), job_definition=_any(queue.job_definition_arn))
            for name, queue in (queues.queues if queues else {}).items()
        },
        "services": _services(foundation, jobs, serve) | ({"experiment-tracking": tracking} if tracking else {}),
        "approvals_queue_url": next((_any(flow.approvals.ref.url) for flow in flows if flow.approvals), None),
        "alerts_topic_arn": foundation.alerts.ref.arn,
        "dashboard": monitoring.dashboard_name,
    }
    return env.Environment(**values)


def _endpoint(endpoint: EndpointRef, monitor: DriftMonitor | None) -> env.Endpoint:
    capacity = {
        key: endpoint.settings[key]
        for key in ("InstanceType", "InitialInstanceCount", "ServerlessConfig")
        if key in endpoint.settings
    }
    watched = _any(monitor.alarms if monitor else {})
    return env.Endpoint(name=_any(endpoint.name), flavour=endpoint.flavour, capacity=capacity, watched=watched)


def _variable(pipeline: str) -> str:
    return pipeline.upper().replace("-", "_")


def _pipeline(foundation: Foundation, options: TrainingOptions, flow: Flow) -> env.Pipeline:
    return env.Pipeline(
        **describe(flow.pipeline, foundation.lake.ref.zones),
        target=flow.ref.target,
        handle=_any(flow.ref.handle),
        framework=options.framework.name,
        framework_version=options.framework.version,
        code=foundation.stack.code,
        code_prefix="code/",
    )


def _services(foundation: Foundation, jobs: Jobs, serve: Serve) -> dict[str, env.Service]:
    """What the environment offers, by capability."""
    site, lake = foundation.site, foundation.lake.ref
    registry, endpoint = serve.registry.ref, serve.endpoint.ref
    region = {"AWS_REGION": site.region}
    predict = pulumi.Output.concat(
        f"https://runtime.sagemaker.{site.region}.amazonaws.com/endpoints/", endpoint.name, "/invocations"
    )
    return {
        "data-lake": env.Service(
            endpoint=_any(lake.uri("")),
            credentials=_any(jobs.compute.ref.role_arn),
            client=_any({**region, "MLOPS_IAC_BUCKET": lake.bucket}),
        ),
        "model-store": env.Service(
            endpoint=_any(registry.arn),
            credentials=CALLER,
            client=_any({**region, "MLOPS_IAC_MODEL_PACKAGE_GROUP": registry.group}),
        ),
        "prediction-serving": env.Service(
            endpoint=_any(predict),
            credentials=CALLER,
            client=_any({**region, "MLOPS_IAC_ENDPOINT": endpoint.name}),
        ),
    }


def _any(value: Any) -> Any:
    """An Output where the record says text: the record is read back only after all values are known."""
    return value
