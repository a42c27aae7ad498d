"""What an account says about API Gateway in a region: the role by which it writes logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.apigateway import patches
from mlops_iac.cloud.apigateway.records import Records, bad_request, place
from mlops_iac.cloud.iam.assuming import CannotAssume
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SERVICE: Final = "apigateway.amazonaws.com"
_USUAL: Final[dict[str, Any]] = {
    "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
    "features": ["UsagePlans"],
    "apiKeyVersion": "4",
}


def install(gateway: Gateway, records: Records) -> None:
    def get(call: Call) -> dict[str, Any]:
        return {**_USUAL, **records.of("account").get(place(call), {})}

    def update(call: Call) -> dict[str, Any]:
        changed = dict(records.of("account").get(place(call), {}))
        patches.apply(changed, call.params.get("patchOperations") or [], {"/cloudwatchRoleArn": str})
        role = changed.get("cloudwatchRoleArn")
        if role:
            try:
                gateway.roles.check(role, SERVICE)
            except CannotAssume as error:
                raise bad_request(
                    f"The role ARN does not have required permissions set to API Gateway. {error}"
                ) from error
        else:
            changed.pop("cloudwatchRoleArn", None)
        records.of("account")[place(call)] = changed
        return get(call)

    gateway.instead("apigateway", "GetAccount", gateway.holding("apigateway", get))
    gateway.instead("apigateway", "UpdateAccount", gateway.holding("apigateway", update))
