"""Serving: versions of a model, and an endpoint that answers with one of them."""

from __future__ import annotations

from mlops_iac.blueprints.parts.adopt_options import ServingAdopt
from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.serve_options import Asynchronous as AsynchronousOptions
from mlops_iac.blueprints.parts.serve_options import BacklogScaling as BacklogOptions
from mlops_iac.blueprints.parts.serve_options import ConcurrencyScaling as ConcurrencyOptions
from mlops_iac.blueprints.parts.serve_options import Realtime as RealtimeOptions
from mlops_iac.blueprints.parts.serve_options import RequestScaling as RequestOptions
from mlops_iac.blueprints.parts.serve_options import ServeOptions
from mlops_iac.blueprints.parts.server import find_server
from mlops_iac.components.registry.sagemaker import ModelRegistry
from mlops_iac.components.serving.endpoint import (
    Asynchronous,
    Capture,
    Endpoint,
    EndpointArgs,
    Realtime,
    Serverless,
)
from mlops_iac.components.serving.scaling import (
    BacklogScaling,
    ConcurrencyScaling,
    EndpointScaling,
    EndpointScalingArgs,
    Scaling,
)
from mlops_iac.core.frameworks import Framework

Flavour = Serverless | Realtime | Asynchronous


class Serve:
    """A registry and an endpoint, which reads the registry's models from the lake."""

    def __init__(self, foundation: Foundation, options: ServeOptions, framework: Framework) -> None:
        site, flavour, capture = foundation.site, _flavour(options), _capture(options)
        self.server = find_server(options, site.region)
        self.registry = _registry(foundation)
        self.endpoint = Endpoint(
            site.named("endpoint"),
            EndpointArgs(
                flavour=flavour,
                capture=capture,
                # A change takes effect with the next deployment; until then, what serves may have to be pulled again.
                images=(framework.image(site.region, "serving"), *([self.server.image] if self.server else [])),
                startup=self.server.startup if self.server else None,
                slow_after_ms=options.slow_after_ms,
                lake=foundation.lake.ref,
                network=foundation.network,
                key=foundation.key,
                log_key=foundation.log_key,
                boundary=foundation.boundary,
                alerts=foundation.alerts.ref,
            ),
        )
        self.scaling = _scaling(foundation, self.endpoint, flavour)
        foundation.lake.grant_read(self.endpoint.role, "models")
        self.registry.grant_read(self.endpoint.role)
        if capture:
            foundation.lake.grant_write(self.endpoint.role, capture.place(foundation.lake.ref))
        if isinstance(flavour, Asynchronous):
            foundation.lake.grant_read(self.endpoint.role, flavour.places(foundation.lake.ref))
            foundation.lake.grant_write(self.endpoint.role, flavour.places(foundation.lake.ref))
            if flavour.topics:
                foundation.alerts.grant_publish(self.endpoint.role)


def _scaling(foundation: Foundation, endpoint: Endpoint, flavour: Flavour) -> EndpointScaling | None:
    if flavour.scaling is None:
        return None
    args = EndpointScalingArgs(
        endpoint=endpoint.ref, scaling=flavour.scaling, key=foundation.key, boundary=foundation.boundary
    )
    return EndpointScaling(foundation.site.named("scaling"), args)


def _registry(foundation: Foundation) -> ModelRegistry:
    place, adopt = foundation.site.named("registry"), foundation.options.adopt
    adopted = adopt.registry if isinstance(adopt, ServingAdopt) else None
    return ModelRegistry.adopt(place, group_name=adopted.group) if adopted else ModelRegistry(place)


def _capture(options: ServeOptions) -> Capture | None:
    asked = options.monitoring if isinstance(options, MonitoringOptions) else None
    return Capture(percent=asked.capture.percent) if asked else None


def _flavour(options: ServeOptions) -> Flavour:
    serving = options.serving
    if isinstance(serving, AsynchronousOptions):
        return Asynchronous(
            instance_type=serving.instance_type,
            instances=None if serving.scaling else serving.instance_count,
            scaling=_backlog_scaling(serving.scaling),
            max_concurrent=serving.max_concurrent,
            notify=serving.notify,
        )
    if isinstance(serving, RealtimeOptions):
        count = None if serving.scaling else serving.instance_count
        scaling = _request_scaling(serving.scaling)
        return Realtime(instance_type=serving.instance_type, instances=count, scaling=scaling)
    return Serverless(
        memory_mb=serving.memory_mb,
        max_concurrency=serving.max_concurrency,
        provisioned_concurrency=serving.provisioned_concurrency or 0,
        scaling=_concurrency_scaling(serving.scaling),
    )


def _request_scaling(asked: RequestOptions | None) -> Scaling | None:
    return Scaling(target=asked.requests_per_minute, **_bounds(asked)) if asked else None


def _backlog_scaling(asked: BacklogOptions | None) -> BacklogScaling | None:
    return BacklogScaling(target=asked.waiting_per_instance, **_bounds(asked)) if asked else None


def _concurrency_scaling(asked: ConcurrencyOptions | None) -> ConcurrencyScaling | None:
    return ConcurrencyScaling(target=asked.busy_percent / 100, **_bounds(asked)) if asked else None


def _bounds(asked: RequestOptions | BacklogOptions | ConcurrencyOptions) -> dict[str, int]:
    return asked.model_dump(include={"at_least", "at_most", "in_cooldown_seconds", "out_cooldown_seconds"})
