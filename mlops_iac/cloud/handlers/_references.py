"""Checks that what a resource names exists, as AWS makes and moto does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api

Check = Callable[[Api, str, str, str], None]


def values_at(inputs: Any, path: str) -> Iterator[str]:
    """Every text at a dotted path, through lists: ``computeResources.subnets``."""
    head, _, rest = path.partition(".")
    value = inputs.get(head) if isinstance(inputs, Mapping) else None
    for inner in value if isinstance(value, list | tuple) else [value]:
        if rest:
            yield from values_at(inner, rest)
        elif isinstance(inner, str) and inner:
            yield inner


def check_role(api: Api, call: str, path: str, value: str) -> None:
    """A role by ARN or name. Service-linked roles exist by AWS's own doing."""
    if "/aws-service-role/" in value:
        return
    if api.maybe("iam:GetRole", RoleName=value.rsplit("/", 1)[-1]) is None:
        raise api.refuse(call, f"Role `{value}` ({path}) does not exist.", "ValidationException")


def check_instance_profile(api: Api, call: str, path: str, value: str) -> None:
    """What Batch calls an instance role is the profile that holds it, by ARN or name."""
    if api.maybe("iam:GetInstanceProfile", InstanceProfileName=value.rsplit("/", 1)[-1]) is None:
        raise api.refuse(call, f"Instance profile `{value}` ({path}) does not exist.", "ClientException")


def check_key(api: Api, call: str, path: str, value: str) -> None:
    if value.startswith("alias/aws/"):
        return  # AWS's own keys appear when they are first used
    if api.maybe("kms:DescribeKey", KeyId=value) is None:
        raise api.refuse(call, f"Key `{value}` ({path}) does not exist.", "NotFoundException")


def check_subnet(api: Api, call: str, path: str, value: str) -> None:
    if api.maybe("ec2:DescribeSubnets", SubnetIds=[value]) is None:
        raise api.refuse(call, f"The subnet ID '{value}' ({path}) does not exist", "InvalidSubnetID.NotFound")


def check_security_group(api: Api, call: str, path: str, value: str) -> None:
    if api.maybe("ec2:DescribeSecurityGroups", GroupIds=[value]) is None:
        raise api.refuse(call, f"The security group '{value}' ({path}) does not exist", "InvalidGroup.NotFound")


def check_bucket(api: Api, call: str, path: str, value: str) -> None:
    name = value.rsplit(":::", 1)[-1].split("/", 1)[0]
    if api.maybe("s3:HeadBucket", Bucket=name) is None:
        raise api.refuse(call, f"The specified bucket `{name}` ({path}) does not exist", "NoSuchBucket")


CHECKS: Final[Mapping[str, Check]] = {
    "bucket": check_bucket,
    "instance profile": check_instance_profile,
    "key": check_key,
    "role": check_role,
    "security group": check_security_group,
    "subnet": check_subnet,
}
