"""How an environment does just now, in a few small calls: its last run, what serves and how good that is, who waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment
from mlops_iac.core.errors import RunError
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.history import list_runs
from mlops_iac.runs.models import SERVING, Model, get_model
from mlops_iac.runs.run import Run, time_text

NO_MODEL = "no model yet"


@dataclass(frozen=True, kw_only=True)
class Instances:
    """How many an endpoint has."""

    now: int
    wanted: int
    at_most: int
    """As many as now where nothing scales it."""

    def __str__(self) -> str:
        """``2 instances``, ``1 of at most 3 instances, 2 wanted``."""
        noun = f"instance{'s' * (max(self.now, self.at_most) != 1)}"
        most = f" of at most {self.at_most}" if self.at_most != self.now else ""
        return f"{self.now}{most} {noun}{f', {self.wanted} wanted' if self.wanted != self.now else ''}"


@dataclass(frozen=True, kw_only=True)
class Health:
    last_run: Run | None = None
    serving: Model | None = None
    """The champion: the version that serves."""
    metric: str = ""
    """What the champion is judged by: the first metric of a gate, else the first of its evaluation; empty for none."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """Name to SageMaker's word for its status, or `NO_MODEL`."""
    instances: Mapping[str, Instances] = field(default_factory=dict)
    """Of those that serve with instances, by the endpoint's name."""

    def to_json(self) -> dict[str, Any]:
        run, model = self.last_run, self.serving
        return {
            "last_run": run and {"id": run.id, "status": run.status, "started": time_text(run.started)},
            "serving": model
            and {"version": model.version, "run": model.run, "metric": self.metric, "value": self.value},
            "endpoints": dict(self.endpoints),
            "instances": {name: asdict(one) for name, one in self.instances.items()},
        }

    @property
    def value(self) -> float | None:
        return self.serving.metrics.get(self.metric) if self.serving else None


def read_health(environment: Environment, clients: Clients) -> Health:
    """Raises CloudError when the cloud refuses, or cannot be reached."""
    runs = list_runs(environment, clients, limit=1)
    serving = find_serving(environment, clients)
    described = {one.name: describe(clients, one.name) for one in environment.endpoints.values()}
    instances = {one.name: instances_of(one, described[one.name]) for one in environment.endpoints.values()}
    return Health(
        last_run=runs[0] if runs else None,
        serving=serving,
        metric=judged_by(environment, serving) if serving else "",
        endpoints={name: found.get("EndpointStatus", NO_MODEL) for name, found in described.items()},
        instances={name: found for name, found in instances.items() if found},
    )


def find_serving(environment: Environment, clients: Clients) -> Model | None:
    for registry in environment.registries:
        try:
            return get_model(environment, clients, SERVING, registry=registry)
        except RunError:
            continue
    return None


def judged_by(environment: Environment, model: Model) -> str:
    named = (
        str(condition.get("metric", ""))
        for pipeline in environment.pipelines.values()
        for step in pipeline.steps
        if step.kind == "gate"
        for condition in step.facts.get("conditions", ())
    )
    return next((metric for metric in (*named, *model.metrics) if metric in model.metrics), "")


def describe(clients: Clients, endpoint: str) -> dict[str, Any]:
    """DescribeEndpoint; empty where no run deployed to it yet."""
    with missing_is_nothing(), calling("sagemaker:DescribeEndpoint", endpoint):
        return dict(clients("sagemaker").describe_endpoint(EndpointName=endpoint))
    return {}


def instances_of(endpoint: Endpoint, described: Mapping[str, Any]) -> Instances | None:
    """None for a serverless one, and where nothing serves yet."""
    variants = [each for each in described.get("ProductionVariants", ()) if "CurrentInstanceCount" in each]
    if not variants:
        return None
    now = sum(each["CurrentInstanceCount"] for each in variants)
    wanted = sum(each["DesiredInstanceCount"] for each in variants)
    return Instances(now=now, wanted=wanted, at_most=endpoint.scaling.get("at_most", now))
