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
