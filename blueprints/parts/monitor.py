"""Watching a model in service: the function and the alarms, where a team asks for it."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.monitoring_options import MonitoringOptions, Quality
from mlops_iac.blueprints.parts.monitoring_pipeline import check_baselines
from mlops_iac.blueprints.parts.serve import Serve
from mlops_iac.components.monitoring.drift import DriftMonitor, DriftMonitorArgs, QualityBound
from mlops_iac.pipelines.pipeline import Pipeline


def make_monitor(
    foundation: Foundation, options: MonitoringOptions, serve: Serve, pipelines: Sequence[Pipeline]
) -> DriftMonitor | None:
    """None where nothing is watched. Raises PipelineError for a model that would be watched without a baseline."""
    asked = options.monitoring
    if asked is None:
        return None
    check_baselines(pipelines)
    made = DriftMonitor(
        foundation.site.named("drift"),
        DriftMonitorArgs(
            endpoint=serve.endpoint.ref,
            at_most=asked.drift.at_most,
            quality=_bound(asked.quality),
            bias_at_most=asked.bias.at_most if asked.bias else None,
            explain_at_least=asked.explain.at_least if asked.explain else None,
            alerts=foundation.alerts.ref,
            key=foundation.log_key,
            boundary=foundation.boundary,
        ),
    )
    foundation.lake.grant_read(made.role, "models")
    foundation.lake.grant_write(made.role, "models")
    return made


def _bound(quality: Quality | None) -> QualityBound | None:
    if quality is None or quality.bound is None:
        return None
    direction, bound = quality.bound
    return QualityBound(metric=quality.metric, direction=direction, bound=bound)
