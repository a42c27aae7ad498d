"""What IAM asks of who asks a warehouse: credentials of its database, where no secret has them.

"Authorizing access to the Amazon Redshift Data API" in the Redshift management guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.cloud.iam.requirements import Need, Place
from mlops_iac.cloud.iam.resolving import resolver

_ASKS: Final = ("BatchExecuteStatement", "ExecuteStatement")


def needs(operation: str, parameters: Mapping[str, Any], place: Place, store: Mapping[str, Any]) -> Iterator[Need]:
    """Beside the action of the operation itself."""
    if operation not in _ASKS or parameters.get("SecretArn") or not parameters.get("WorkgroupName"):
        return
    id = resolver(place, store)("workgroup", parameters["WorkgroupName"]) or "*"
    arn = f"arn:{place.partition}:redshift-serverless:{place.region}:{place.account}:workgroup/{id}"
    yield Need("redshift-serverless:GetCredentials", arn)
