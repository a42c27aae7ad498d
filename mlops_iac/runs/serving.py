"""What an endpoint serves now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.names import RUN_ID

SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html (EndpointStatus)"""


@dataclass(frozen=True, kw_only=True)
class Served:
    """An endpoint that answers."""

    endpoint: str
    status: str
    config: str
    """Its configuration's name."""
    run: str | None
    """The run whose model it is, by that name; None when something else deployed it."""


def find_served(environment: Environment, clients: Clients, endpoint: Endpoint) -> Served | None:
    """None when nothing is served yet. An endpoint whose first creation failed, or is not done, names a configuration
    that never served."""
    described: dict[str, Any] = {}
    with missing_is_nothing(), calling("sagemaker:DescribeEndpoint", endpoint.name):
        described = clients("sagemaker").describe_endpoint(EndpointName=endpoint.name)
    if described.get("EndpointStatus") not in SERVING:
        return None
    config = described.get("EndpointConfigName", "")
    match = RUN_ID.search(config.removeprefix(f"{environment.stack}-"))
    status = described["EndpointStatus"]
    return Served(endpoint=endpoint.name, status=status, config=config, run=match[0] if match else None)


def find_served_run(environment: Environment, clients: Clients, endpoint: Endpoint) -> str | None:
    """The run whose model the endpoint serves; None when nothing is served yet."""
    found = find_served(environment, clients, endpoint)
    return found.run if found else None


def served_runs(environment: Environment, clients: Clients) -> dict[str, str]:
    """Endpoint to the run whose model it serves, for those that serve one."""
    found = {one.name: find_served_run(environment, clients, one) for one in environment.endpoints.values()}
    return {endpoint: run for endpoint, run in found.items() if run}


def endpoints_of_run(environment: Environment, clients: Clients, run: str) -> tuple[str, ...]:
    """The endpoints that serve a run's model."""
    return tuple(name for name, served in served_runs(environment, clients).items() if served == run)


def served_packages(environment: Environment, clients: Clients) -> dict[str, tuple[str, ...]]:
    """Endpoint to the ARNs of the model packages it serves: several where its traffic is split."""
    found = (find_served(environment, clients, one) for one in environment.endpoints.values())
    return {one.endpoint: tuple(packages_of(clients, one)) for one in found if one}


def packages_of(clients: Clients, served: Served) -> Iterator[str]:
    for variant in read_config(clients, served.config).get("ProductionVariants", ()):
        model = read_model(clients, variant.get("ModelName", ""))
        for container in (model.get("PrimaryContainer"), *model.get("Containers", ())):
            if container and container.get("ModelPackageName"):
                yield container["ModelPackageName"]


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
