"""Serving: versions of a model, and an endpoint that answers with one of them."""

from __future__ import annotations

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions
from mlops_iac.blueprints.parts.serve_options import Asynchronous as AsynchronousOptions
from mlops_iac.blueprints.parts.serve_options import Realtime as RealtimeOptions
from mlops_iac.blueprints.parts.serve_options import ServeOptions
from mlops_iac.components.registry.sagemaker import ModelRegistry
from mlops_iac.components.serving.endpoint import Asynchronous, Capture, Endpoint, EndpointArgs, Realtime, Serverless
from mlops_iac.core.frameworks import Framework


class Serve:
    """A registry and an endpoint, which reads the registry's models from the lake."""

    def __init__(self, foundation: Foundation, options: ServeOptions, framework: Framework) -> None:
        site, flavour, capture = foundation.site, _flavour(options), _capture(options)
        self.registry = ModelRegistry(site.named("registry"))
        self.endpoint = Endpoint(
            site.named("endpoint"),
            EndpointArgs(
                flavour=flavour,
                capture=capture,
                images=(framework.image(site.region, "serving"),),
                slow_after_ms=options.slow_after_ms,
                lake=foundation.lake.ref,
                network=foundation.network,
                key=foundation.key,
                boundary=foundation.boundary,
                alerts=foundation.alerts.ref,
            ),
        )
        foundation.lake.grant_read(self.endpoint.role, "models")
        self.registry.grant_read(self.endpoint.role)
        if capture:
            foundation.lake.grant_write(self.endpoint.role, capture.place(foundation.lake.ref))
        if isinstance(flavour, Asynchronous):
            foundation.lake.grant_read(self.endpoint.role, flavour.places(foundation.lake.ref))
            foundation.lake.grant_write(self.endpoint.role, flavour.places(foundation.lake.ref))
            if flavour.topics:
                foundation.alerts.grant_publish(self.endpoint.role)


def _capture(options: ServeOptions) -> Capture | None:
    asked = options.monitoring if isinstance(options, MonitoringOptions) else None
    return Capture(percent=asked.capture.percent) if asked else None


def _flavour(options: ServeOptions) -> Serverless | Realtime | Asynchronous:
    serving = options.serving
    if isinstance(serving, AsynchronousOptions):
        return Asynchronous(
            instance_type=serving.instance_type,
            instances=serving.instance_count,
            max_concurrent=serving.max_concurrent,
            notify=serving.notify,
        )
    if isinstance(serving, RealtimeOptions):
        return Realtime(instance_type=serving.instance_type, instances=serving.instance_count)
    return Serverless(memory_mb=serving.memory_mb, max_concurrency=serving.max_concurrency)
