"""What SageMaker refuses of an endpoint that is scaled, and what goes with one that is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from mlops_iac.cloud.autoscaling.book import AWAKE, Book, Place, Which
from mlops_iac.cloud.gateway import AwsError, Call, Gateway

SERVICE = "application-autoscaling"


def install(gateway: Gateway, book: Book) -> None:
    gateway.before("sagemaker", "UpdateEndpoint", partial(check_update, gateway, book))
    gateway.before("sagemaker", "DeleteEndpoint", partial(let_go, gateway, book))


def check_update(gateway: Gateway, book: Book, call: Call) -> None:
    """No update changes the type of the instances of a scaled variant, nor takes it away.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    place, endpoint = Place(call.account_id, call.region), call.params["EndpointName"]
    scaled = [which.variant() for which in _scaled(book, place, endpoint)]
    if not scaled:
        return
    client = gateway.clients(call.region, call.account_id)("sagemaker")
    try:
        now = client.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
        before, after = (_types(client, name) for name in (now, call.params["EndpointConfigName"]))
    except client.exceptions.ClientError:
        return  # the operation itself says what is not there
    changed = sorted(name for _, name in filter(None, scaled) if before.get(name) != after.get(name))
    if changed:
        raise AwsError(
            "ValidationException",
            f"The variant(s) {changed} of endpoint {endpoint} are scalable targets of Application Auto Scaling, and "
            "the update would change the type of their instances or take them away. Deregister them first.",
        )


def let_go(gateway: Gateway, book: Book, call: Call) -> None:
    """Deregister the variants of an endpoint that is being deleted, as whoever deletes it.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-delete-with-scaling.html
    """
    place, endpoint = Place(call.account_id, call.region), call.params["EndpointName"]
    for which in _scaled(book, place, endpoint):
        _deregister(gateway, call, which)


def _deregister(gateway: Gateway, call: Call, which: Which) -> None:
    client = gateway.roles.as_caller(call)(SERVICE)
    try:
        client.deregister_scalable_target(
            ServiceNamespace=which.namespace, ResourceId=which.resource, ScalableDimension=which.dimension
        )
    except client.exceptions.ObjectNotFoundException:
        return
    except client.exceptions.ClientError as error:
        raise AwsError(
            "ValidationException",
            "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity used "
            "to invoke DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget permission to "
            "deregister the scalable target.",
        ) from error


def _scaled(book: Book, place: Place, endpoint: str) -> list[Which]:
    found = ((which, which.variant()) for _, which, _ in book.targets(place))
    return [which for which, named in found if named and named[0] == endpoint]


def _types(client: Any, config: str) -> dict[str, str]:
    found = client.describe_endpoint_config(EndpointConfigName=config)
    return {each["VariantName"]: _type(each) for each in found["ProductionVariants"]}


def _type(variant: Mapping[str, Any]) -> str:
    awake = (variant.get("ServerlessConfig") or {}).get("ProvisionedConcurrency")
    return AWAKE if awake else str(variant.get("InstanceType", ""))
