"""What an environment's endpoint serves now."""

from __future__ import annotations

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.names import RUN_ID


def find_served_run(environment: Environment, clients: Clients) -> str | None:
    """The run whose model the endpoint serves, by its configuration's name; None when nothing is served yet."""
    if environment.endpoint is None:
        return None
    try:
        with calling("sagemaker:DescribeEndpoint", environment.endpoint.name):
            described = clients("sagemaker").describe_endpoint(EndpointName=environment.endpoint.name)
    except CloudError as error:
        if is_missing(error):
            return None
        raise
    match = RUN_ID.search(described.get("EndpointConfigName", "").removeprefix(f"{environment.stack}-"))
    return match[0] if match else None
