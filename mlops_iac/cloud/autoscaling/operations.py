"""Application Auto Scaling's operations on targets, policies and activities.

What is refused follows https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html and the
API reference. Scheduled actions are moto's: they are kept, and do nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.autoscaling import alarms
from mlops_iac.cloud.autoscaling.book import Book, Place, Which
from mlops_iac.cloud.autoscaling.checking import check_bounds, check_policy, check_variant
from mlops_iac.cloud.gateway import AwsError, Call, Gateway
from mlops_iac.cloud.jobs import validation
from mlops_iac.cloud.paging import Spelling, paged

if TYPE_CHECKING:
    from mlops_iac.cloud.autoscaling.scaler import Scaler

SERVICE = "application-autoscaling"
PAGES = Spelling("MaxResults", "NextToken", "InvalidNextTokenException")
LINKED = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
PRINCIPAL = "sagemaker.application-autoscaling.amazonaws.com"
BOUNDS = ("MinCapacity", "MaxCapacity")
AWAKE = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}


def install(gateway: Gateway, book: Book, scaler: Scaler) -> None:
    operations: dict[str, Callable[..., dict[str, Any]]] = {
        "RegisterScalableTarget": partial(register, gateway, book, scaler),
        "DescribeScalableTargets": partial(describe_targets, book),
        "DeregisterScalableTarget": partial(deregister, gateway, book),
        "PutScalingPolicy": partial(put_policy, gateway, book, scaler),
        "DescribeScalingPolicies": partial(describe_policies, book),
        "DeleteScalingPolicy": partial(delete_policy, gateway, book),
        "DescribeScalingActivities": partial(describe_activities, book),
    }
    for operation, answer in operations.items():
        gateway.instead(SERVICE, operation, answer)


def place_of(call: Call) -> Place:
    return Place(call.account_id, call.region)


def which_of(call: Call) -> Which:
    given = call.params
    return Which(given["ServiceNamespace"], given["ScalableDimension"], given["ResourceId"])


# Targets --------------------------------------------------------------------------------------------------------------


def register(gateway: Gateway, book: Book, scaler: Scaler, call: Call) -> dict[str, Any]:
    """Make a target, or change the bounds of one; a capacity that lies outside of them is changed at once."""
    validation.check(call)
    place, which = place_of(call), which_of(call)
    found = book.target(place, which)
    given: dict[str, int] = {name: call.params[name] for name in BOUNDS if name in call.params}
    bounds = check_bounds(found, given)
    check_variant(gateway, call, which, bounds)
    role = call.params.get("RoleARN") or (found or {}).get("RoleARN") or _linked_role(gateway, call, which)
    arn = (found or {}).get("ScalableTargetARN") or call.arn(SERVICE, f"scalable-target/{uuid.uuid4().hex}")
    suspended = {**((found or {}).get("SuspendedState") or AWAKE), **(call.params.get("SuspendedState") or {})}
    book.put_target(place, which, **bounds, RoleARN=role, ScalableTargetARN=arn, SuspendedState=suspended)
    scaler.wake()
    return {"ScalableTargetARN": arn}


def describe_targets(book: Book, call: Call) -> dict[str, Any]:
    validation.check(call)
    wanted = call.params.get("ResourceIds") or ()
    dimension = call.params.get("ScalableDimension")
    found = [
        {**_shown(record), **_names(which)}
        for _, which, record in book.targets(place_of(call))
        if which.namespace == call.params["ServiceNamespace"]
        and (not wanted or which.resource in wanted)
        and dimension in (None, which.dimension)
    ]
    return paged("ScalableTargets", found, call.params, limit=50, spelling=PAGES)


def deregister(gateway: Gateway, book: Book, call: Call) -> dict[str, Any]:
    """The target goes with its policies, and these with the alarms that were made for them."""
    validation.check(call)
    place, which = place_of(call), which_of(call)
    _get_target(book, place, which)
    for policy in book.policies(place, which):
        _remove_policy(gateway, book, place, which, policy)
    book.remove_target(place, which)
    return {}


# Policies -------------------------------------------------------------------------------------------------------------


def put_policy(gateway: Gateway, book: Book, scaler: Scaler, call: Call) -> dict[str, Any]:
    """A target tracking policy has its two alarms made; a step policy is named by alarms that somebody makes."""
    validation.check(call)
    place, which, name = place_of(call), which_of(call), call.params["PolicyName"]
    _get_target(book, place, which)
    before = book.policy(place, which, name)
    kind, config = check_policy(call.params, which, before)
    resource = f"resource/{which.namespace}/{which.resource}:policyName/{name}"
    arn = (before or {}).get("PolicyARN") or call.arn("autoscaling", f"scalingPolicy:{uuid.uuid4()}:{resource}")
    made = (before or {}).get("Alarms") or []
    if kind == "TargetTrackingScaling":
        made = alarms.put(gateway, call, which, arn, config, made)
    values = {"PolicyARN": arn, "PolicyType": kind, "Alarms": made, f"{kind}PolicyConfiguration": config}
    book.put_policy(place, which, name, **values, **_names(which))
    scaler.wake()
    return {"PolicyARN": arn, "Alarms": made}


def describe_policies(book: Book, call: Call) -> dict[str, Any]:
    validation.check(call)
    asked, wanted = call.params, call.params.get("PolicyNames") or ()
    found = [
        _shown(policy)
        for policy in book.all_policies(place_of(call))
        if policy["ServiceNamespace"] == asked["ServiceNamespace"]
        and asked.get("ResourceId") in (None, policy["ResourceId"])
        and asked.get("ScalableDimension") in (None, policy["ScalableDimension"])
        and (not wanted or policy["PolicyName"] in wanted)
    ]
    return paged("ScalingPolicies", found, asked, limit=50, spelling=PAGES)


def delete_policy(gateway: Gateway, book: Book, call: Call) -> dict[str, Any]:
    validation.check(call)
    place, which = place_of(call), which_of(call)
    policy = book.policy(place, which, call.params["PolicyName"])
    if policy is None:
        raise AwsError(
            "ObjectNotFoundException", f"No scaling policy found for {_said(which)}, policy name: "
            f"{call.params['PolicyName']}"
        )  # fmt: skip
    _remove_policy(gateway, book, place, which, policy)
    return {}


def describe_activities(book: Book, call: Call) -> dict[str, Any]:
    """What was done, the newest first."""
    validation.check(call)
    asked = call.params
    found = [
        each
        for each in book.activities(place_of(call), asked["ServiceNamespace"])
        if asked.get("ResourceId") in (None, each["ResourceId"])
        and asked.get("ScalableDimension") in (None, each["ScalableDimension"])
    ]
    return paged("ScalingActivities", found, asked, limit=50, spelling=PAGES)


def _remove_policy(gateway: Gateway, book: Book, place: Place, which: Which, policy: dict[str, Any]) -> None:
    alarms.delete(gateway, place, policy.get("Alarms") or [])
    book.remove_policy(place, which, policy["PolicyName"])


def _get_target(book: Book, place: Place, which: Which) -> dict[str, Any]:
    found = book.target(place, which)
    if found is None:
        raise AwsError("ObjectNotFoundException", f"No scalable target registered for {_said(which)}")
    return found


def _linked_role(gateway: Gateway, call: Call, which: Which) -> str:
    """The service-linked role, which is made as whoever registers the first target of an account."""
    path = f"role/aws-service-role/{PRINCIPAL}/{LINKED}"
    arn = f"arn:{call.arn('iam', '').split(':')[1]}:iam::{call.account_id}:{path}"
    if which.variant() is None:
        return arn
    iam = gateway.clients(call.region, call.account_id)("iam")
    try:
        iam.get_role(RoleName=LINKED)
    except iam.exceptions.NoSuchEntityException:
        own = gateway.roles.as_caller(call)("iam")
        try:
            own.create_service_linked_role(AWSServiceName=PRINCIPAL)
        except own.exceptions.ClientError as error:
            raise AwsError("ValidationException", error.response["Error"]["Message"]) from error
    return arn


def _names(which: Which) -> dict[str, str]:
    return {
        "ServiceNamespace": which.namespace,
        "ResourceId": which.resource,
        "ScalableDimension": which.dimension,
    }


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not name.startswith("_")}


def _said(which: Which) -> str:
    return f"service namespace: {which.namespace}, resource ID: {which.resource}, scalable dimension: {which.dimension}"
