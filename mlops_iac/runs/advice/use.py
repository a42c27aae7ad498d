"""What instances took, as CloudWatch keeps it: of SageMaker's jobs and endpoints, here and on AWS by the same names.

https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html. Data points of a minute are kept for 15 days
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html), so older jobs tell
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.gpus import MIB, gpus_of
from mlops_iac.core.machine_sizes import size_of
from mlops_iac.runs.calls import calling, found_or_missing

METRICS: Final = (
    "CPUUtilization",
    "MemoryUtilization",
    "DiskUtilization",
    "GPUUtilization",
    "GPUMemoryUtilization",
)
WINDOW: Final = timedelta(days=14)
"""How far one can look back in minutes."""
MOST_POINTS: Final = 1440
"""That one answer of GetMetricStatistics holds."""
MINUTE: Final = 60
P95: Final = 0.95


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Where something's metrics are, and between when."""

    namespace: str
    dimensions: Mapping[str, str]
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Point:
    """A minute, or more, of one metric, in percent."""

    mean: float
    highest: float


Points = Mapping[str, Sequence[Point]]
"""By metric."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """What was taken of a machine. None: nothing was published, or the type's size is not known."""

    cores: float | None = None
    """vCPUs that were busy in all but 5 % of the minutes."""
    most_cores: float | None = None
    memory_gib: float | None = None
    """At most."""
    disk_percent: float | None = None
    """At most."""
    gpus: float | None = None
    """GPUs that were busy in all but 5 % of the minutes."""
    gpu_memory_gib: float | None = None
    """At most, of all its GPUs together."""

    def to_json(self) -> dict[str, float | None]:
        return {key: None if value is None else round(value, 3) for key, value in vars(self).items()}


def use_of(points: Points, instance_type: str) -> Use:
    """Pure: from what was read of machines of one type."""
    size, gpus = size_of(instance_type), gpus_of(instance_type)
    cpu, memory = points.get("CPUUtilization", ()), points.get("MemoryUtilization", ())
    gpu_memory = points.get("GPUMemoryUtilization", ())
    return Use(
        cores=_scaled(_most_of([point.mean for point in cpu]), 1 / 100),
        most_cores=_scaled(_highest(cpu), 1 / 100),
        memory_gib=_scaled(_highest(memory), size.memory_gib / 100) if size else None,
        disk_percent=_highest(points.get("DiskUtilization", ())),
        gpus=_scaled(_most_of([point.mean for point in points.get("GPUUtilization", ())]), 1 / 100),
        gpu_memory_gib=_scaled(_highest(gpu_memory), gpus.memory_mib / MIB / 100) if gpus else None,
    )


def read_points(clients: Clients, measured: Sequence[Measured]) -> list[dict[str, list[Point]]]:
    """Of each; one that published nothing has no metrics. Raises CloudError when it is refused."""
    asked = [_question(one, metric) for one in measured for metric in METRICS]
    answers = iter(clients.many("cloudwatch", "get_metric_statistics", asked))
    found: list[dict[str, list[Point]]] = []
    for one in measured:
        told: dict[str, list[Point]] = {}
        for metric in METRICS:
            with calling("cloudwatch:GetMetricStatistics", str(one.dimensions)):
                answer = found_or_missing(next(answers), "cloudwatch:GetMetricStatistics", metric) or {}
            points = [Point(mean=each["Average"], highest=each["Maximum"]) for each in answer.get("Datapoints", ())]
            if points:
                told[metric] = points
        found.append(told)
    return found


def together(found: Iterable[Points]) -> dict[str, list[Point]]:
    joined: dict[str, list[Point]] = {}
    for points in found:
        for metric, some in points.items():
            joined.setdefault(metric, []).extend(some)
    return joined


def _question(one: Measured, metric: str) -> dict[str, Any]:
    start = one.start.replace(second=0, microsecond=0)
    end = one.end + timedelta(minutes=2)  # the last minute is published after it
    periods = -(-int((end - start).total_seconds()) // (MOST_POINTS * MINUTE))
    return {
        "Namespace": one.namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in one.dimensions.items()],
        "StartTime": start,
        "EndTime": end,
        "Period": MINUTE * max(1, periods),
        "Statistics": ["Average", "Maximum"],
    }


def _most_of(values: Sequence[float]) -> float | None:
    """The value that no more than one in twenty exceeds."""
    return sorted(values)[max(0, -(-int(len(values) * P95 * 100) // 100) - 1)] if values else None


def _highest(points: Sequence[Point]) -> float | None:
    return max((point.highest for point in points), default=None)


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
