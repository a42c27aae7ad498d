"""What an endpoint serves now."""

from __future__ import annotations

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Endpoint, Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.names import RUN_ID

SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")
"""https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html (EndpointStatus)"""


def find_served_run(environment: Environment, clients: Clients, endpoint: Endpoint) -> str | None:
    """The run whose model the endpoint serves, by its configuration's name; None when nothing is served yet.

    An endpoint whose first creation failed, or is not done, names a configuration that never served.
    """
    try:
        with calling("sagemaker:DescribeEndpoint", endpoint.name):
            described = clients("sagemaker").describe_endpoint(EndpointName=endpoint.name)
    except CloudError as error:
        if is_missing(error):
            return None
        raise
    if described["EndpointStatus"] not in SERVING:
        return None
    match = RUN_ID.search(described.get("EndpointConfigName", "").removeprefix(f"{environment.stack}-"))
    return match[0] if match else None


def served_runs(environment: Environment, clients: Clients) -> dict[str, str]:
    """Endpoint to the run whose model it serves, for those that serve one."""
    found = {one.name: find_served_run(environment, clients, one) for one in environment.endpoints.values()}
    return {endpoint: run for endpoint, run in found.items() if run}


def endpoints_of_run(environment: Environment, clients: Clients, run: str) -> tuple[str, ...]:
    """The endpoints that serve a run's model."""
    return tuple(name for name, served in served_runs(environment, clients).items() if served == run)
