"""An environment that trains and serves one model: the parts wired, and what it tells those who use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pulumi

from mlops_iac.blueprints.parts.budget import stop_when_spent
from mlops_iac.blueprints.parts.external import tell_external
from mlops_iac.blueprints.parts.features import tell_features, tell_service
from mlops_iac.blueprints.parts.flow import Flow
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.blueprints.parts.jobs import Runs
from mlops_iac.blueprints.parts.layers import Layers
from mlops_iac.blueprints.parts.promotion import asked, told
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.blueprints.parts.told import CALLER, as_any, tell_foundation, tell_lake, tell_queues
from mlops_iac.blueprints.parts.tracking import make_tracking
from mlops_iac.blueprints.parts.triggers import make_triggers
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.core import environment as env
from mlops_iac.pipelines.describe import describe

if TYPE_CHECKING:
    from mlops_iac.components.api.rest import Api
    from mlops_iac.components.monitoring.drift import DriftMonitor
    from mlops_iac.components.monitoring.objectives import Objectives
    from mlops_iac.components.registry.signing import ModelSigning
    from mlops_iac.components.spark import Spark
    from mlops_iac.components.warehouse import Warehouse


def watch(
    layers: Layers, options: FoundationOptions, flows: Sequence[Flow], objectives: Objectives | None = None
) -> Monitoring:
    """A dashboard, alarms on failed runs, and a budget."""
    foundation, serve = layers.foundation, layers.serve
    args = MonitoringArgs(
        alerts=foundation.alerts.ref,
        pipelines={flow.pipeline.name: flow.ref for flow in flows},
        endpoints=[serve.endpoint.ref],
        scaling=[serve.scaling.ref] if serve.scaling else (),
        apis=[layers.api.ref] if layers.api else (),
        objectives=objectives,
        monthly_budget_usd=options.monthly_budget_usd,
    )
    return Monitoring(foundation.site.named("monitoring"), args)


def tell(
    layers: Layers,
    options: Runs,
    *,
    flows: Sequence[Flow],
    monitoring: Monitoring,
    two_person: bool = False,
    more: Mapping[str, env.Service] | None = None,
) -> env.Environment:
    """Publish the client profile and answer the environment's record; its values are Outputs until all exists.
    ``more``: services that only this blueprint has."""
    foundation, serve = layers.foundation, layers.serve
    foundation.tell(
        {
            **{f"MLOPS_IAC_PIPELINE_{_variable(flow.pipeline.name)}": flow.ref.handle for flow in flows},
            "MLOPS_IAC_MODEL_PACKAGE_GROUP": serve.registry.group_name,
            "MLOPS_IAC_ENDPOINT": serve.endpoint.endpoint_name,
            **{name: value for service in (more or {}).values() for name, value in service.client.items()},
        }
    )
    pipelines = {flow.pipeline.name: _pipeline(foundation, options, flow) for flow in flows}
    make_triggers(foundation, flows, pipelines, layers.monitor)
    tracking = make_tracking(foundation, options.tracking, flows)
    stop_when_spent(foundation, foundation.options.over_budget, monitoring)
    values: dict[str, Any] = {
        **tell_foundation(foundation, monitoring),
        "pipelines": pipelines,
        "endpoints": {"main": _endpoint(serve, layers.monitor)},
        "apis": _apis(layers.api),
        "registries": {"main": _registry(foundation, serve, layers.signing)},
        "queues": tell_queues(layers.queues),
        "feature_groups": tell_features(layers.features) if layers.features else {},
        "services": {
            **tell_external(foundation.options),
            **_services(layers),
            **({"experiment-tracking": tracking} if tracking else {}),
            **(layers.vectors.services if layers.vectors else {}),
            **(more or {}),
            **({"feature-store": tell_service(foundation)} if layers.features else {}),
            **_spark(foundation, layers.spark),
            **_warehouse(foundation, layers.warehouse),
        },
        "approvals_queue_url": next((as_any(flow.approvals.ref.url) for flow in flows if flow.approvals), None),
        "trail": env.Trail(arn=as_any(layers.trail.ref.arn), bucket=as_any(layers.trail.ref.bucket))
        if layers.trail
        else None,
        "config_rules": as_any(layers.rules.rule_names) if layers.rules else None,
        "two_person": True if two_person else None,
        "promotion": told(asked(options)),
    }
    return env.Environment(**values)


def _endpoint(serve: Serve, monitor: DriftMonitor | None) -> env.Endpoint:
    endpoint, scaling = serve.endpoint.ref, serve.scaling
    capacity = {
        key: endpoint.settings[key]
        for key in ("InstanceType", "InitialInstanceCount", "ServerlessConfig")
        if key in endpoint.settings
    }
    watched = as_any(monitor.alarms if monitor else {})
    scales = {"at_least": scaling.ref.at_least, "at_most": scaling.ref.at_most} if scaling else {}
    return env.Endpoint(
        name=as_any(endpoint.name), flavour=endpoint.flavour, capacity=capacity, scaling=scales, watched=watched
    )


def _registry(foundation: Foundation, serve: Serve, signing: ModelSigning | None) -> env.Registry:
    return env.Registry(
        model_package_group=as_any(serve.registry.ref.group),
        repository_url=as_any(foundation.images.ref.url),
        adopted=True if serve.registry.nodes is None else None,
        signing_key_arn=as_any(signing.ref.key_arn) if signing else None,
        verifier=as_any(signing.ref.verifier_arn) if signing else None,
    )


def _apis(api: Api | None) -> dict[str, env.Api]:
    """By the name of the endpoint that they stand before. An environment without one loads nothing of it."""
    if api is None:
        return {}
    from mlops_iac.blueprints.parts.api import tell_api

    return {"main": tell_api(api)}


def _spark(foundation: Foundation, spark: Spark | None) -> dict[str, env.Service]:
    """By capability. An environment without it loads nothing of it."""
    if spark is None:
        return {}
    from mlops_iac.blueprints.parts.spark import tell_spark

    return tell_spark(foundation, spark)


def _warehouse(foundation: Foundation, warehouse: Warehouse | None) -> dict[str, env.Service]:
    """By capability. An environment without one loads nothing of it."""
    if warehouse is None:
        return {}
    from mlops_iac.blueprints.parts.warehouse import tell_warehouse

    return tell_warehouse(foundation, warehouse)


def _variable(pipeline: str) -> str:
    return pipeline.upper().replace("-", "_")


def _pipeline(foundation: Foundation, options: Runs, flow: Flow) -> env.Pipeline:
    return env.Pipeline(
        **describe(flow.pipeline, foundation.lake.ref.zones),
        target=flow.ref.target,
        handle=as_any(flow.ref.handle),
        framework=options.framework.name,
        framework_version=options.framework.version,
        code=foundation.stack.code,
        code_prefix="code/",
    )


def _services(layers: Layers) -> dict[str, env.Service]:
    """What the environment offers, by capability."""
    site, api = layers.foundation.site, layers.api
    registry, endpoint = layers.serve.registry.ref, layers.serve.endpoint.ref
    region = {"AWS_REGION": site.region}
    predict = pulumi.Output.concat(
        f"https://runtime.sagemaker.{site.region}.amazonaws.com/endpoints/", endpoint.name, "/invocations"
    )
    return {
        "data-lake": tell_lake(layers.foundation, layers.jobs.compute.ref.role_arn),
        "model-store": env.Service(
            endpoint=as_any(registry.arn),
            credentials=CALLER,
            client=as_any({**region, "MLOPS_IAC_MODEL_PACKAGE_GROUP": registry.group}),
        ),
        "prediction-serving": env.Service(
            endpoint=as_any(api.url if api else predict),
            credentials=CALLER,
            client=as_any(
                {**region, "MLOPS_IAC_ENDPOINT": endpoint.name, **({"MLOPS_IAC_API": api.url} if api else {})}
            ),
        ),
    }
