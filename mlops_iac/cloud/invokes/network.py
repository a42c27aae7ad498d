"""Networks that are there: VPCs, subnets, address lists of gateway services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._tags import decode
from mlops_iac.cloud.regions import partition_of
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


def vpc(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    found = _one(api, "DescribeVpcs", "Vpcs", _query(args, "VpcIds", {"cidrBlock": "cidr", "default": "is-default"}))
    return {
        "id": found["VpcId"],
        "arn": f"arn:{partition_of(scope.region)}:ec2:{scope.region}:{scope.account_id}:vpc/{found['VpcId']}",
        "cidrBlock": found["CidrBlock"],
        "default": found.get("IsDefault", False),
        "dhcpOptionsId": found.get("DhcpOptionsId", ""),
        "instanceTenancy": found.get("InstanceTenancy", "default"),
        "ownerId": scope.account_id,
        "state": found["State"],
        "tags": decode(found.get("Tags") or []),
    }


SUBNET_FILTERS: Final = {"vpcId": "vpc-id", "cidrBlock": "cidr-block", "availabilityZone": "availability-zone"}


def subnet(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    found = _one(api, "DescribeSubnets", "Subnets", _query(args, "SubnetIds", SUBNET_FILTERS))
    return {
        "id": found["SubnetId"],
        "arn": found["SubnetArn"],
        "availabilityZone": found["AvailabilityZone"],
        "availabilityZoneId": found.get("AvailabilityZoneId", ""),
        "availableIpAddressCount": found.get("AvailableIpAddressCount", 0),
        "cidrBlock": found["CidrBlock"],
        "defaultForAz": found.get("DefaultForAz", False),
        "mapPublicIpOnLaunch": found.get("MapPublicIpOnLaunch", False),
        "ownerId": scope.account_id,
        "state": found["State"],
        "tags": decode(found.get("Tags") or []),
        "vpcId": found["VpcId"],
    }


def subnets(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    answered = api("DescribeSubnets", **_query(args, "SubnetIds", SUBNET_FILTERS))
    ids = sorted(found["SubnetId"] for found in answered["Subnets"])
    return {"id": scope.region, "ids": ids, **{k: args[k] for k in ("filters", "tags") if k in args}}


def prefix_list(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    """Gateway services' address lists, by ``name`` (``com.amazonaws.eu-west-1.s3``) or ``prefixListId``."""
    found = _prefix_list(api, args)
    entries = api("GetManagedPrefixListEntries", PrefixListId=found["PrefixListId"])["Entries"]
    cidrs = sorted(entry["Cidr"] for entry in entries)
    return {"id": found["PrefixListId"], "name": found["PrefixListName"], "cidrBlocks": cidrs}


def managed_prefix_list(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    found = _prefix_list(api, args)
    entries = api("GetManagedPrefixListEntries", PrefixListId=found["PrefixListId"])["Entries"]
    return {
        "id": found["PrefixListId"],
        "name": found["PrefixListName"],
        "arn": found.get("PrefixListArn", ""),
        "addressFamily": found.get("AddressFamily", "IPv4"),
        "maxEntries": found.get("MaxEntries", 0),
        "ownerId": found.get("OwnerId", "AWS"),
        "version": found.get("Version", 1),
        "tags": decode(found.get("Tags") or []),
        "entries": [{"cidr": e["Cidr"], "description": e.get("Description", "")} for e in entries],
    }


def _prefix_list(api: Api, args: Props) -> dict[str, Any]:
    name, wanted = args.get("name"), args.get("prefixListId") or args.get("id")
    lists = api("DescribeManagedPrefixLists")["PrefixLists"]
    for found in lists:
        if (wanted and found["PrefixListId"] == wanted) or (name and found["PrefixListName"] == name):
            return dict(found)
    raise api.refuse("DescribeManagedPrefixLists", f"no prefix list `{wanted or name}`", "InvalidPrefixListID.NotFound")


def _query(args: Props, ids_param: str, known: Mapping[str, str]) -> dict[str, Any]:
    """A describe's parameters from an invoke's ``id``, ``filters``, ``tags`` and direct properties."""
    query: dict[str, Any] = {ids_param: [args["id"]]} if args.get("id") else {}
    filters = [{"Name": f["name"], "Values": list(f["values"])} for f in args.get("filters") or []]
    filters += [{"Name": f"tag:{k}", "Values": [v]} for k, v in (args.get("tags") or {}).items()]
    for prop, name in known.items():
        if args.get(prop) is not None:
            value = args[prop]
            filters.append({"Name": name, "Values": [str(value).lower() if isinstance(value, bool) else value]})
    return {**query, **({"Filters": filters} if filters else {})}


def _one(api: Api, operation: str, member: str, query: dict[str, Any]) -> dict[str, Any]:
    found = api(operation, **query)[member]
    if len(found) != 1:
        word = "no" if not found else f"{len(found)}"
        raise api.refuse(operation, f"{word} matching {member.lower()} found; exactly one is needed", "NotUnique")
    return dict(found[0])
