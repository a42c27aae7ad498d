"""What the jobs of a run cost by the price list: machines times seconds. On the embedded cloud: what AWS would ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.prices import HOME, dated, hourly
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.run import Run, StepRun
from mlops_iac.runs.serving import Served, find_all_served

Machines = Callable[[Mapping[str, Any]], Mapping[str, Any]]

JOBS: Final[Mapping[str, tuple[str, Machines]]] = {
    "processing": ("ProcessingJob", lambda found: found["ProcessingResources"]["ClusterConfig"]),
    "training": ("TrainingJob", lambda found: found["ResourceConfig"]),
    "transform": ("TransformJob", lambda found: found["TransformResources"]),
}
"""Kind of job to its word in SageMaker's API, and where its description says what it ran on."""


@dataclass(frozen=True)
class StepCost:
    step: str
    instance_type: str
    instances: int
    seconds: float
    """Billed, or from its start to its end where the cloud does not say."""
    region: str = HOME

    @property
    def dollars(self) -> float | None:
        """None where the price of the type is not known."""
        price = hourly(self.instance_type, self.region)
        return None if price is None else price.usual * self.instances * self.seconds / 3600

    def to_json(self) -> dict[str, Any]:
        machines = {"instance_type": self.instance_type, "instances": self.instances}
        return {"step": self.step, **machines, "seconds": round(self.seconds, 1), "dollars": self.dollars}


@dataclass(frozen=True)
class Cost:
    steps: tuple[StepCost, ...] = ()

    @property
    def dollars(self) -> float:
        """Of the steps whose price is known."""
        return sum(one.dollars or 0.0 for one in self.steps)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Types of machines whose price is not known."""
        return tuple(sorted({one.instance_type for one in self.steps if one.dollars is None}))

    def to_json(self) -> dict[str, Any]:
        known = {"dollars": self.dollars if len(self.unpriced) < len(self.steps) else None, "prices": dated()}
        return {**known, "unpriced": list(self.unpriced), "steps": [one.to_json() for one in self.steps]}


@dataclass(frozen=True)
class EndpointCost:
    """What an endpoint's machines cost an hour, whether somebody asks or not: those of shadows and of A/B tests too."""

    endpoint: str
    machines: tuple[tuple[str, int], ...] = ()
    """Types of instances, and how many of each."""
    region: str = HOME

    @property
    def hourly(self) -> float | None:
        """None where the price of a type is not known."""
        prices = [(hourly(kind, self.region), count) for kind, count in self.machines]
        known = [price.usual * count for price, count in prices if price is not None]
        return sum(known) if len(known) == len(prices) else None

    def to_json(self) -> dict[str, Any]:
        machines = [{"instance_type": kind, "instances": count} for kind, count in self.machines]
        return {"endpoint": self.endpoint, "machines": machines, "dollars_an_hour": self.hourly, "prices": dated()}


def endpoint_costs(environment: Environment, clients: Clients) -> tuple[EndpointCost, ...]:
    """Of each endpoint that answers."""
    return tuple(endpoint_cost(served, clients.region) for served in find_all_served(environment, clients))


def endpoint_cost(served: Served, region: str = HOME) -> EndpointCost:
    counts: Counter[str] = Counter()
    for variant in served.variants:
        if variant.instance_type:
            counts[variant.instance_type] += variant.instances
    return EndpointCost(served.endpoint, tuple(sorted(counts.items())), region)


def read_cost(clients: Clients, run: Run) -> Cost:
    """Of its SageMaker jobs that were done in this run; what was taken over from another one cost nothing again."""
    return Cost(tuple(_costs(clients, run.steps)))


def _costs(clients: Clients, steps: Iterable[StepRun]) -> Iterator[StepCost]:
    for step in steps:
        if step.job is None or step.started is None or step.job_kind not in JOBS:
            continue
        noun, machines_of = JOBS[step.job_kind]
        found: dict[str, Any] = {}
        with missing_is_nothing("ValidationException"), calling(f"sagemaker:Describe{noun}", step.job):
            describe = getattr(clients("sagemaker"), f"describe_{noun.removesuffix('Job').lower()}_job")
            found |= describe(**{f"{noun}Name": step.job})
        if found:
            machines = machines_of(found)
            seconds = float(found.get("BillableTimeInSeconds") or step.seconds or 0.0)
            count = machines.get("InstanceCount", 1)
            yield StepCost(step.name, machines["InstanceType"], count, seconds, clients.region)
