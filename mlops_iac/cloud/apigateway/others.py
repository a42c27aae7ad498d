"""What API Gateway offers and this cloud does not: refused by name, as moto's part needs packages that are not here."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.service_models import loader

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def install(gateway: Gateway) -> None:
    for operation in loader().load_service_model("apigateway", "service-2")["operations"]:
        if not gateway.is_ours("apigateway", operation):
            gateway.instead("apigateway", operation, functools.partial(_refuse, operation))


def _refuse(operation: str, _: Call) -> dict[str, Any]:
    raise AwsError("NotImplemented", f"The embedded cloud does not offer apigateway:{operation}.", 501)
