"""What an endpoint promises, where a team says so."""

from __future__ import annotations

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.objectives_options import Slo
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.components.monitoring.objectives import Latency, Objectives, ObjectivesArgs


def make_objectives(foundation: Foundation, asked: Slo, serve: Serve) -> Objectives:
    latency = asked.latency
    return Objectives(
        foundation.site.named("slo"),
        ObjectivesArgs(
            endpoint=serve.endpoint.ref,
            availability_percent=asked.availability_percent,
            latency=Latency(milliseconds=latency.milliseconds, percent=latency.percent) if latency else None,
            alerts=foundation.alerts.ref,
        ),
    )
