"""What a thing in an account is, and whether an environment can use it: one function a layer.

Only reads. What cannot be adopted is refused with its reason; what works, and is not as an environment's own would be,
is a caution.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import STACK_TAG
from mlops_iac.core.errors import CloudError, RunError, UsageError
from mlops_iac.runs.calls import calling

log = logging.getLogger("mlops_iac.adopting")

MISSING: Final = re.compile(r"NotFound|NoSuch|NotExist|^404$|ValidationException|InvalidVpcID")

SYMMETRIC: Final = "SYMMETRIC_DEFAULT"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the environment is."""

    stack: str
    region: str
    clients: Clients
    key_arn: str | None = None
    """The key that it adopts already. None: it adopts none."""
    own_key: bool = True
    """Whether it encrypts with a key at all: a sandbox does not."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A thing that can be adopted."""

    layer: str
    settings: Mapping[str, Any]
    """What the stack file says of it, below `adopt` and the layer."""
    cautions: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the person named."""

    name: str
    subnets: Sequence[str] = ()
    security_group: str | None = None


def look(place: Place, layer: str, asked: Asked) -> Found:
    """Raises UsageError for a layer that cannot be adopted, RunError for a thing that cannot be used, with why."""
    if layer not in LAYERS:
        detail = f"`{layer}` is none that can be: {', '.join(LAYERS)}."
        raise UsageError("This layer cannot be adopted.", detail, hint="name one of these.")
    return LAYERS[layer](place, asked)


def look_at_network(place: Place, asked: Asked) -> Found:
    """A VPC; its private subnets, and the security group, as named or the only ones that there are."""
    ec2 = place.clients("ec2")
    with existing("VPC", asked.name, place, "ec2:DescribeVpcs"):
        vpc = one_of(ec2.describe_vpcs(VpcIds=[asked.name])["Vpcs"], "VPC", asked.name, place)
    refuse_owned(place, asked.name, tags_of(vpc))
    inside = [{"Name": "vpc-id", "Values": [asked.name]}]
    with calling("ec2:DescribeSubnets", asked.name):
        subnets = {one["SubnetId"]: one for one in ec2.describe_subnets(Filters=inside)["Subnets"]}
    with calling("ec2:DescribeSecurityGroups", asked.name):
        groups = {one["GroupId"]: one for one in ec2.describe_security_groups(Filters=inside)["SecurityGroups"]}
    private = [name for name, one in subnets.items() if not one.get("MapPublicIpOnLaunch")]
    chosen = [*(asked.subnets or private)]
    check_inside("subnet", chosen, subnets, asked.name, "--subnet")
    if not chosen:
        raise refused(f"VPC {asked.name} has no private subnet.", "make one, or name subnets with --subnet.")
    usual = [name for name, one in groups.items() if one["GroupName"] != "default"]
    group = asked.security_group or (usual[0] if len(usual) == 1 else None)
    if group is None:
        found = ", ".join(usual) or "none but the default one"
        raise refused(f"VPC {asked.name} has these security groups: {found}.", "name one with --security-group.")
    check_inside("security group", [group], groups, asked.name, "--security-group")
    settings = {"vpc_id": asked.name, "subnet_ids": chosen, "security_group_id": group}
    return Found(layer="network", settings=settings, cautions=tuple(network_cautions(ec2, inside, chosen, subnets)))


def network_cautions(
    ec2: Any, inside: Sequence[Any], chosen: Sequence[str], subnets: Mapping[str, Any]
) -> Iterator[str]:
    if len({subnets[name]["AvailabilityZone"] for name in chosen}) < 2:
        yield "all subnets are in one zone: what runs there stops with that zone"
    with calling("ec2:DescribeVpcEndpoints"):
        ways = ec2.describe_vpc_endpoints(Filters=[*inside])["VpcEndpoints"]
    if not any(one["ServiceName"].endswith(".s3") for one in ways):
        yield "the VPC has no endpoint for S3: jobs reach the lake only where their subnets have another way out"


def look_at_bucket(place: Place, asked: Asked) -> Found:
    s3, name = place.clients("s3"), asked.name
    with existing("bucket", name, place, "s3:GetBucketLocation"):
        region = s3.get_bucket_location(Bucket=name).get("LocationConstraint") or "us-east-1"
    if region != place.region:
        raise refused(f"Bucket {name} is in {region}; {place.stack} is in {place.region}.", "name one of this region.")
    with absent("NoSuchTagSet"), calling("s3:GetBucketTagging", name):
        refuse_owned(place, name, {one["Key"]: one["Value"] for one in s3.get_bucket_tagging(Bucket=name)["TagSet"]})
    check_encryption(place, name, s3)
    return Found(layer="data_lake", settings={"bucket": name}, cautions=tuple(bucket_cautions(s3, name)))


def check_encryption(place: Place, name: str, s3: Any) -> None:
    """What lies in the bucket must be readable: an environment's roles hold one key."""
    rules: list[Any] = []
    with absent("ServerSideEncryptionConfigurationNotFoundError"), calling("s3:GetBucketEncryption", name):
        rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    for rule in rules:
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        key = default.get("KMSMasterKeyID")
        if str(default.get("SSEAlgorithm", "")).startswith("aws:kms") and key and not same_key(key, place.key_arn):
            raise refused(
                f"Bucket {name} is encrypted with {key}, which {place.stack} does not use.",
                f"adopt the key first: `mlops-iac adopt {place.stack} encryption {key}`.",
            )


def same_key(key: str, arn: str | None) -> bool:
    return arn is not None and (key == arn or arn.endswith(f"/{key}"))


def bucket_cautions(s3: Any, name: str) -> Iterator[str]:
    access: Mapping[str, Any] = {}
    with absent("NoSuchPublicAccessBlockConfiguration"), calling("s3:GetPublicAccessBlock", name):
        access = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    if not (access and all(access.values())):
        yield "the bucket does not block public access"
    with calling("s3:GetBucketVersioning", name):
        if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
            yield "the bucket keeps no versions: what is overwritten is gone"


def look_at_key(place: Place, asked: Asked) -> Found:
    """By ARN, id or alias."""
    kms = place.clients("kms")
    if asked.name.startswith("arn:") and asked.name.split(":")[3] != place.region:
        raise refused(f"{asked.name} is in another region than {place.region}.", "name a key of this region.")
    with existing("key", asked.name, place, "kms:DescribeKey"):
        key = kms.describe_key(KeyId=asked.name)["KeyMetadata"]
    if key["KeyState"] != "Enabled":
        raise refused(f"Key {key['Arn']} is `{key['KeyState']}`.", "enable it, or name another one.")
    if key.get("KeySpec", SYMMETRIC) != SYMMETRIC:
        raise refused(f"Key {key['Arn']} is a {key['KeySpec']}.", f"name one that encrypts data: {SYMMETRIC}.")
    if key.get("KeyManager") == "AWS":
        raise refused(f"Key {key['Arn']} is AWS's own; its policy lets no role of yours use it.", "name one of yours.")
    if not place.own_key:
        raise refused(f"{place.stack} is a sandbox, which uses no key.", "set `security: standard` first.")
    with calling("kms:ListResourceTags", key["Arn"]):
        tags = kms.list_resource_tags(KeyId=key["Arn"]).get("Tags", [])
    refuse_owned(place, key["Arn"], {one["TagKey"]: one["TagValue"] for one in tags})
    return Found(layer="encryption", settings={"key_arn": key["Arn"]}, cautions=tuple(key_cautions(place, kms, key)))


def key_cautions(place: Place, kms: Any, key: Mapping[str, Any]) -> Iterator[str]:
    with calling("kms:GetKeyPolicy", key["Arn"]):
        policy = kms.get_key_policy(KeyId=key["Arn"], PolicyName="default")["Policy"]
    for service in (f"logs.{place.region}.amazonaws.com", "events.amazonaws.com", "cloudwatch.amazonaws.com"):
        if service not in policy:
            yield f"the key's policy does not name {service}, which keeps logs or tells of alarms with it"


def look_at_registry(place: Place, asked: Asked) -> Found:
    sagemaker = place.clients("sagemaker")
    with existing("model package group", asked.name, place, "sagemaker:DescribeModelPackageGroup"):
        group = sagemaker.describe_model_package_group(ModelPackageGroupName=asked.name)
    with calling("sagemaker:ListTags", asked.name):
        tags = sagemaker.list_tags(ResourceArn=group["ModelPackageGroupArn"]).get("Tags", [])
    refuse_owned(place, asked.name, {one["Key"]: one["Value"] for one in tags})
    return Found(layer="registry", settings={"group": asked.name})


LAYERS: Final[Mapping[str, Callable[[Place, Asked], Found]]] = {
    "network": look_at_network,
    "encryption": look_at_key,
    "data_lake": look_at_bucket,
    "registry": look_at_registry,
}
"""By the names of layers, as `blueprint show` has them."""


NAMED_BY: Final[Mapping[str, str]] = {
    "network": "vpc_id",
    "encryption": "key_arn",
    "data_lake": "bucket",
    "registry": "group",
}
"""Where a stack file names the thing, below `adopt` and the layer."""


def unfit(place: Place, adopted: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, RunError]]:
    """Each layer of those that a stack file adopts that cannot be used, with why. What may not be looked at is left to
    the cloud's own refusal."""
    for layer, settings in adopted.items():
        if layer in LAYERS:
            asked = Asked(
                name=settings[NAMED_BY[layer]],
                subnets=settings.get("subnet_ids", ()),
                security_group=settings.get("security_group_id"),
            )
            try:
                look(place, layer, asked)
            except RunError as error:
                yield layer, error
            except CloudError as error:
                log.info("%s was not looked at: %s", layer, error)


# Refusals -----------------------------------------------------------------------------------------------------------


def refused(detail: str, hint: str) -> RunError:
    return RunError("This cannot be adopted.", detail, hint=hint)


BLUEPRINT_TAG: Final = "mlops-iac:blueprint"
SHARING: Final = "network"
"""The blueprint whose stacks exist to be adopted."""


def refuse_owned(place: Place, name: str, tags: Mapping[str, str]) -> None:
    """What another stack of ours made goes when that one is destroyed."""
    owner = tags.get(STACK_TAG)
    if owner is not None and (owner == place.stack or tags.get(BLUEPRINT_TAG) != SHARING):
        whose = "this stack itself" if owner == place.stack else f"stack {owner}"
        raise refused(f"{name} belongs to {whose}, which deletes it when it is destroyed.", "name one of nobody's.")


def check_inside(what: str, names: Iterable[str], there: Mapping[str, Any], vpc: str, option: str) -> None:
    for name in names:
        if name not in there:
            known = ", ".join(there) or "none"
            raise refused(f"VPC {vpc} has no {what} {name}; it has: {known}.", f"name one of these with {option}.")


def one_of(found: Sequence[Any], what: str, name: str, place: Place) -> Any:
    if not found:
        raise missing(what, name, place)
    return found[0]


def missing(what: str, name: str, place: Place) -> RunError:
    return refused(f"There is no {what} {name} in {place.region} that you may see.", "look at its name and its region.")


@contextmanager
def existing(what: str, name: str, place: Place, call: str) -> Iterator[None]:
    """Turn the cloud's word for what is not there into a refusal."""
    try:
        with calling(call, name):
            yield
    except CloudError as error:
        if not MISSING.search(error.code):
            raise
        raise missing(what, name, place) from error


@contextmanager
def absent(code: str) -> Iterator[None]:
    """A setting that was never made is no error."""
    try:
        yield
    except CloudError as error:
        if error.code != code:
            raise


def tags_of(thing: Mapping[str, Any]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in thing.get("Tags", ())}
