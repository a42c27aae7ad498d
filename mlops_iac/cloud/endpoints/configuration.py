"""What an endpoint takes over from its configuration."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs.host import Host

TAKEN: Final = (
    "EndpointConfigName",
    "ProductionVariants",
    "ShadowProductionVariants",
    "DataCaptureConfig",
    "AsyncInferenceConfig",
    "KmsKeyId",
)


def read_config(host: Host, call: Call, name: str) -> dict[str, Any]:
    """Raises ValidationException for a configuration that does not exist."""
    sagemaker = host.client("sagemaker", call.region, call.account_id)
    try:
        found = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    except sagemaker.exceptions.ClientError as error:
        arn = call.arn("sagemaker", f"endpoint-config/{name}")
        raise AwsError("ValidationException", f'Could not find endpoint configuration "{arn}".') from error
    return {member: found[member] for member in TAKEN if found.get(member) is not None}
