"""What an endpoint serves now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.names import RUN_ID

Role = Literal["serves", "shadow"]
"""What a model does behind an endpoint."""

TRIED: Final = ("challenger", "shadow")
"""Variants that a strategy puts beside the one that serves."""

SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html (EndpointStatus)"""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One of the models behind an endpoint."""

    name: str
    model: str
    shadow: bool = False
    """It gets copies of requests, and its answers go nowhere."""
    instance_type: str = ""
    """Empty for a serverless one, which is paid by the request."""
    instances: int = 0


@dataclass(frozen=True, kw_only=True)
class Served:
    """An endpoint that answers."""

    endpoint: str
    status: str
    config: str
    """Its configuration's name."""
    run: str | None
    """The run whose model answers, by that name; None when something else deployed it. Of several, the one that was
    there before."""
    variants: tuple[Variant, ...] = ()
    """First the one that was there before. None where the configuration was deleted."""
    runs: Mapping[str, Role] = field(default_factory=dict)
    """Each run whose model is behind it."""


@dataclass(frozen=True)
class Behind:
    """Where one model is, by endpoints."""

    serves: tuple[str, ...] = ()
    shadows: tuple[str, ...] = ()
    """Where it gets copies of requests only."""

    def to_json(self) -> dict[str, list[str]]:
        return {"serves": list(self.serves), "shadows": list(self.shadows)}

    @property
    def words(self) -> tuple[str, ...]:
        """For a list of models, or of runs."""
        return (*(["serves"] if self.serves else []), *(["shadow"] if self.shadows else []))


NOWHERE = Behind()


def find_served(environment: Environment, clients: Clients, endpoint: Endpoint) -> Served | None:
    """None when nothing is served yet. An endpoint whose first creation failed, or is not done, names a configuration
    that never served."""
    described: dict[str, Any] = {}
    with missing_is_nothing(), calling("sagemaker:DescribeEndpoint", endpoint.name):
        described = clients("sagemaker").describe_endpoint(EndpointName=endpoint.name)
    if described.get("EndpointStatus") not in SERVING:
        return None
    config: str = described.get("EndpointConfigName", "")
    variants = tuple(_variants(read_config(clients, config), _counts(described))) if config else ()
    roles: dict[str, Role] = {}
    for variant in variants or (Variant(name="", model=config),):
        if run := _run_of(environment, variant.model):
            roles.setdefault(run, "shadow" if variant.shadow else "serves")
    return Served(
        endpoint=endpoint.name,
        status=described["EndpointStatus"],
        config=config,
        run=next((run for run, role in roles.items() if role == "serves"), None),
        variants=variants,
        runs=roles,
    )


def _counts(described: Mapping[str, Any]) -> dict[str, int]:
    """Variant to its instances now: where it is scaled, its configuration tells only how many it began with."""
    variants = described.get("ProductionVariants", ())
    return {each["VariantName"]: each["CurrentInstanceCount"] for each in variants if "CurrentInstanceCount" in each}


def _variants(config: Mapping[str, Any], counts: Mapping[str, int]) -> Iterator[Variant]:
    for member in ("ProductionVariants", "ShadowProductionVariants"):
        for one in config.get(member, ()):
            yield Variant(
                name=one["VariantName"],
                model=one.get("ModelName", ""),
                shadow=member != "ProductionVariants",
                instance_type=one.get("InstanceType", ""),
                instances=counts.get(one["VariantName"], one.get("InitialInstanceCount", 0)),
            )


def _run_of(environment: Environment, name: str) -> str | None:
    match = RUN_ID.search(name.removeprefix(f"{environment.stack}-"))
    return match[0] if match else None


def find_served_run(environment: Environment, clients: Clients, endpoint: Endpoint) -> str | None:
    """The run whose model the endpoint serves; None when nothing is served yet."""
    found = find_served(environment, clients, endpoint)
    return found.run if found else None


def runs_behind(environment: Environment, clients: Clients) -> dict[str, Behind]:
    """Run to where its model serves, or is a shadow."""
    return _behind((one.endpoint, one.runs) for one in find_all_served(environment, clients))


def packages_behind(environment: Environment, clients: Clients) -> dict[str, Behind]:
    """ARN of a model package to where it serves, or is a shadow."""
    return _behind((one.endpoint, packages_of(clients, one)) for one in find_all_served(environment, clients))


def find_all_served(environment: Environment, clients: Clients) -> Iterator[Served]:
    """Every endpoint that answers."""
    for endpoint in environment.endpoints.values():
        if found := find_served(environment, clients, endpoint):
            yield found


def _behind(found: Iterable[tuple[str, Mapping[str, Role]]]) -> dict[str, Behind]:
    places: dict[str, Behind] = {}
    for endpoint, roles in found:
        for what, role in roles.items():
            before = places.get(what, NOWHERE)
            more = (endpoint,)
            places[what] = (
                replace(before, serves=before.serves + more)
                if role == "serves"
                else replace(before, shadows=before.shadows + more)
            )
    return places


def packages_of(clients: Clients, served: Served) -> dict[str, Role]:
    """ARNs of the model packages behind an endpoint: several where its traffic is split, or copied."""
    found: dict[str, Role] = {}
    for variant in served.variants:
        model = read_model(clients, variant.model)
        for container in (model.get("PrimaryContainer"), *model.get("Containers", ())):
            if container and container.get("ModelPackageName"):
                found.setdefault(container["ModelPackageName"], "shadow" if variant.shadow else "serves")
    return found


def read_config(clients: Clients, name: str) -> dict[str, Any]:
    """DescribeEndpointConfig; empty when it was deleted, which does not stop an endpoint from serving."""
    found: dict[str, Any] = {}
    with missing_is_nothing(), calling("sagemaker:DescribeEndpointConfig", name):
        found |= clients("sagemaker").describe_endpoint_config(EndpointConfigName=name)
    return found


def read_model(clients: Clients, name: str) -> dict[str, Any]:
    """DescribeModel; empty when it was deleted."""
    found: dict[str, Any] = {}
    with missing_is_nothing(), calling("sagemaker:DescribeModel", name):
        found |= clients("sagemaker").describe_model(ModelName=name)
    return found
