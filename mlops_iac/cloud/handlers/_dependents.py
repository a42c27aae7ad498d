"""A delete that is refused because something stands on the resource: what that is, and how to remove it.

AWS says that there is something, and seldom what. Often it is a stranger's: a policy that somebody attached by hand, an
object, a model version, an interface of a service. It is named here, so that nobody has to search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.values.value import Props

REFUSED: Final = re.compile(
    r"DeleteConflict|DependencyViolation|InUse|NotEmpty|ConflictException|HasDependents", re.IGNORECASE
)
"""Codes by which AWS's services say that something stands in the way."""

REFUSED_IN_WORDS: Final = "found existing JobQueue relationship"
"""Batch has one code for all that it refuses."""

SHOWN: Final = 5
"""Dependents that are named; of the rest, that there are more."""

Find = Callable[[Api, Props], Iterable[str]]


def explained(error: CloudError, type: str, api: Api, outputs: Props) -> CloudError:
    """The same refusal, naming what stands in the way; the error as it is where that cannot be told."""
    refused = REFUSED.search(error.code) or REFUSED_IN_WORDS in error.detail
    if type not in DEPENDENTS or not refused:
        return error
    find, remedy = DEPENDENTS[type]
    try:
        found = list(find(api, outputs))
    except CloudError:
        return error
    if not found:
        return error
    more = f"\n… and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return CloudError(
        error.summary,
        f"{error.detail}\nIn the way:\n" + "\n".join(found[:SHOWN]) + more,
        hint=f"{remedy}; then run the command again.",
        resource=error.resource,
        call=error.call,
        code=error.code,
        unsure=error.unsure,
    )


def _of_a_role(api: Api, outputs: Props) -> Iterable[str]:
    name = outputs["name"]
    for policy in api("ListAttachedRolePolicies", RoleName=name)["AttachedPolicies"]:
        yield f"managed policy {policy['PolicyArn']}, attached to the role"
    for policy in api("ListRolePolicies", RoleName=name)["PolicyNames"]:
        yield f"inline policy {policy} of the role"


def _of_a_policy(api: Api, outputs: Props) -> Iterable[str]:
    found = api("ListEntitiesForPolicy", PolicyArn=outputs["arn"])
    for kind, member in (("Roles", "Role"), ("Users", "User"), ("Groups", "Group")):
        for entity in found.get(f"Policy{kind}", []):
            yield f"{member.lower()} {entity[f'{member}Name']}, which the policy is attached to"


def _of_a_profile(api: Api, outputs: Props) -> Iterable[str]:
    found = api("GetInstanceProfile", InstanceProfileName=outputs["name"])["InstanceProfile"]
    return [f"role {role['RoleName']} in the profile" for role in found["Roles"]]


def _of_a_bucket(api: Api, outputs: Props) -> Iterable[str]:
    page = api("ListObjectVersions", Bucket=outputs["bucket"], MaxKeys=1000)
    for entry in page.get("Versions", []):
        yield f"object {entry['Key']} (version {entry['VersionId']})"
    for entry in page.get("DeleteMarkers", []):
        yield f"delete marker of {entry['Key']} (version {entry['VersionId']})"


def _of_a_group(api: Api, outputs: Props) -> Iterable[str]:
    group = outputs["id"]
    here = _filter("vpc-id", outputs["vpcId"])
    yield from _interfaces(api, "group-id", group)
    for endpoint in api("DescribeVpcEndpoints", Filters=here)["VpcEndpoints"]:
        if any(used["GroupId"] == group for used in endpoint.get("Groups", [])):
            yield f"VPC endpoint {endpoint['VpcEndpointId']} ({endpoint['ServiceName']})"
    for other in api("DescribeSecurityGroups", Filters=here)["SecurityGroups"]:
        if other["GroupId"] != group and group in _named_in_rules(other):
            yield f"security group {other['GroupId']} ({other['GroupName']}), whose rules name it"


def _named_in_rules(group: Mapping[str, Any]) -> set[str]:
    rules = [*group["IpPermissions"], *group["IpPermissionsEgress"]]
    return {pair["GroupId"] for rule in rules for pair in rule.get("UserIdGroupPairs", [])}


def _of_a_subnet(api: Api, outputs: Props) -> Iterable[str]:
    return _interfaces(api, "subnet-id", outputs["id"])


def _of_a_vpc(api: Api, outputs: Props) -> Iterable[str]:
    here = _filter("vpc-id", outputs["id"])
    for subnet in api("DescribeSubnets", Filters=here)["Subnets"]:
        yield f"subnet {subnet['SubnetId']} ({subnet['CidrBlock']})"
    for group in api("DescribeSecurityGroups", Filters=here)["SecurityGroups"]:
        if group["GroupName"] != "default":
            yield f"security group {group['GroupId']} ({group['GroupName']})"
    gateways = api("DescribeInternetGateways", Filters=_filter("attachment.vpc-id", outputs["id"]))
    for gateway in gateways["InternetGateways"]:
        yield f"internet gateway {gateway['InternetGatewayId']}"
    yield from _interfaces(api, "vpc-id", outputs["id"])


def _interfaces(api: Api, name: str, value: str) -> Iterable[str]:
    for interface in api("DescribeNetworkInterfaces", Filters=_filter(name, value))["NetworkInterfaces"]:
        said = interface.get("Description")
        yield f"network interface {interface['NetworkInterfaceId']}{f' ({said})' if said else ''}"


def _filter(name: str, value: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}]


def _of_a_domain(api: Api, outputs: Props) -> Iterable[str]:
    asked = {"DomainIdEquals": outputs["id"]}
    for profile in api("ListUserProfiles", **asked)["UserProfiles"]:
        yield f"user profile {profile['UserProfileName']}"
    for space in api("ListSpaces", **asked)["Spaces"]:
        yield f"space {space['SpaceName']}"


def _of_a_person(api: Api, outputs: Props) -> Iterable[str]:
    name = outputs["userProfileName"]
    for space in api("ListSpaces", DomainIdEquals=outputs["domainId"])["Spaces"]:
        if space.get("OwnershipSettingsSummary", {}).get("OwnerUserProfileName") == name:
            yield f"space {space['SpaceName']}, which {name} owns"


def _of_a_package_group(api: Api, outputs: Props) -> Iterable[str]:
    name = outputs["modelPackageGroupName"]
    found = api("ListModelPackages", ModelPackageGroupName=name)["ModelPackageSummaryList"]
    return [f"model version {package['ModelPackageArn']}" for package in found]


def _of_a_repository(api: Api, outputs: Props) -> Iterable[str]:
    found = api("ListImages", repositoryName=outputs["name"])["imageIds"]
    return [f"image {image.get('imageTag') or image.get('imageDigest')}" for image in found]


def _of_an_environment(api: Api, outputs: Props) -> Iterable[str]:
    for queue in api("DescribeJobQueues")["jobQueues"]:
        if any(order["computeEnvironment"] == outputs["arn"] for order in queue["computeEnvironmentOrder"]):
            yield f"job queue {queue['jobQueueName']}"


DEPENDENTS: Final[Mapping[str, tuple[Find, str]]] = {
    "aws:batch/computeEnvironment:ComputeEnvironment": (_of_an_environment, "take the environment out of these queues"),
    "aws:ec2/securityGroup:SecurityGroup": (_of_a_group, "delete these, or have them use another group"),
    "aws:ec2/subnet:Subnet": (_of_a_subnet, "delete what these belong to"),
    "aws:ec2/vpc:Vpc": (_of_a_vpc, "delete these"),
    "aws:ecr/repository:Repository": (_of_a_repository, "delete these images, or set `force_delete` and run `up`"),
    "aws:iam/instanceProfile:InstanceProfile": (_of_a_profile, "remove these roles from the profile"),
    "aws:iam/policy:Policy": (_of_a_policy, "detach the policy from these"),
    "aws:iam/role:Role": (
        _of_a_role,
        "detach or delete these, as with `aws iam detach-role-policy`, or set `force_detach_policies` and run `up`",
    ),
    "aws:s3/bucket:Bucket": (_of_a_bucket, "move or delete these, or set `force_destroy` and run `up`"),
    "aws:sagemaker/domain:Domain": (
        _of_a_domain,
        "delete these; `mlops-iac destroy` deletes them with the environment",
    ),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": (
        _of_a_package_group,
        "delete these, as with `aws sagemaker delete-model-package`, once nothing serves them",
    ),
    "aws:sagemaker/userProfile:UserProfile": (_of_a_person, "delete these, once what is needed of them is saved"),
}
"""Type to what may stand in the way of its delete, and what to do about it. Sorted."""
