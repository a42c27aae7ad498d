"""Answers to invokes: Pulumi's ``get…`` functions, as far as a component could reasonably ask.

Pure ones (identity, region, partition, zones, policy documents) need no cloud, so previews answer them too.
Result names are pulumi-aws's own. The others ask the embedded cloud and refuse, as AWS does, what does not
exist.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._tags import decode
from mlops_iac.cloud.regions import describe, dns_suffix_of, partition_of, zones_of
from mlops_iac.core.errors import CloudError, NotEmulated
from mlops_iac.core.strict_json import read_json
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

Pure = Callable[[Scope, Props], dict[str, Any]]
Asking = Callable[[Api, Scope, Props], dict[str, Any]]


def answer(
    clients: Callable[[str], Clients] | None, account_id: str, scope: Scope, token: str, args: Props
) -> dict[str, Any]:
    """Answer one invoke; an unknown token is `NotEmulated` with the nearest known one."""
    if token in PURE:
        return PURE[token](scope, args)
    if token not in ASKING:
        raise NotEmulated(token, hint=did_you_mean(token, [*PURE, *ASKING]))
    if clients is None:
        raise CloudError(
            "No cloud is running.",
            f"`{token}` asks a cloud; previews answer it once one is running.",
            hint="`mlops-iac cloud start` starts the embedded cloud.",
            resource=token,
        )
    service, ask = ASKING[token]
    where = str(args.get("region") or scope.region)
    partition_of(where)  # an invented region is refused
    there = replace(scope, region=where)
    return {"region": where, **ask(Api(clients(where), service, token, token), there, args)}


# Pure


def caller_identity(scope: Scope, args: Props) -> dict[str, Any]:
    account, partition = scope.account_id, partition_of(scope.region)
    arn = f"arn:{partition}:iam::{account}:user/embedded"
    return {"accountId": account, "arn": arn, "id": account, "userId": "EMBEDDEDCLOUD"}


def region(scope: Scope, args: Props) -> dict[str, Any]:
    name = str(args.get("region") or args.get("name") or scope.region)
    endpoint = f"ec2.{name}.{dns_suffix_of(name)}"
    return {"id": name, "name": name, "region": name, "endpoint": endpoint, "description": describe(name)}


def partition(scope: Scope, args: Props) -> dict[str, Any]:
    name, suffix = partition_of(scope.region), dns_suffix_of(scope.region)
    reverse = ".".join(reversed(suffix.split(".")))
    return {"id": name, "partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def availability_zones(scope: Scope, args: Props) -> dict[str, Any]:
    """All zones are available and need no opt-in; filters other than by name are refused."""
    region_name = str(args.get("region") or scope.region)
    if args.get("filters"):
        raise NotEmulated("aws:index/getAvailabilityZones:getAvailabilityZones", "filters")
    left_out = {*(args.get("excludeNames") or []), *(args.get("excludeZoneIds") or [])}
    zones = [zone for zone in zones_of(region_name) if zone not in left_out and zone_id(zone) not in left_out]
    wanted = args.get("state") in (None, "available")
    zones = zones if wanted else []
    return {
        **{
            key: args[key] for key in ("allAvailabilityZones", "excludeNames", "excludeZoneIds", "state") if key in args
        },
        "groupNames": [region_name],
        "id": region_name,
        "names": zones,
        "region": region_name,
        "zoneIds": [zone_id(zone) for zone in zones],
    }


def zone_id(zone: str) -> str:
    """``eu-west-1a`` is ``euw1-az1`` here; on AWS the two are shuffled for each account."""
    area, *middle, last = zone.split("-")
    directions = re.sub(r"(north|south|east|west|central|gov)", lambda m: m[1][0], "".join(middle))
    return f"{area}{directions}{last[:-1]}-az{ord(last[-1]) - ord('a') + 1}"


def policy_document(scope: Scope, args: Props) -> dict[str, Any]:
    """IAM's JSON as the provider renders it: lists of one as scalars, keys in its order, two blanks of indent."""
    source = [read_json(text) for text in args.get("sourcePolicyDocuments") or []]
    override = [read_json(text) for text in args.get("overridePolicyDocuments") or []]
    own = [_statement(statement) for statement in args.get("statements") or []]
    statements = _merged([*(s for d in source for s in _listed(d.get("Statement"))), *own])
    for document in override:
        statements = _overridden(statements, _listed(document.get("Statement")))
    rendered: dict[str, Any] = {"Version": args.get("version") or "2012-10-17"}
    if args.get("policyId"):
        rendered["Id"] = args["policyId"]
    rendered["Statement"] = statements
    pretty, minified = json.dumps(rendered, indent=2), json.dumps(rendered, separators=(",", ":"))
    return {**args, "id": str(_crc(pretty)), "json": pretty, "minifiedJson": minified}


def _statement(statement: Props) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if statement.get("sid"):
        made["Sid"] = statement["sid"]
    made["Effect"] = statement.get("effect") or "Allow"
    for key, name in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if statement.get(key):
            made[name] = _principals(statement[key])
    for key, name in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if statement.get(key):
            made[name] = _scalar(statement[key])
    if statement.get("conditions"):
        made["Condition"] = _conditions(statement["conditions"])
    return made


def _principals(principals: Sequence[Props]) -> Any:
    if len(principals) == 1 and principals[0]["type"] == "*" and list(principals[0]["identifiers"]) == ["*"]:
        return "*"
    kinds: dict[str, list[str]] = {}
    for principal in principals:
        kinds.setdefault(principal["type"], []).extend(principal["identifiers"])
    return {kind: _scalar(identifiers) for kind, identifiers in kinds.items()}


def _conditions(conditions: Sequence[Props]) -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        values = [_variables(value) for value in condition["values"]]
        variable = _variables(condition["variable"])
        made.setdefault(condition["test"], {})[variable] = values[0] if len(values) == 1 else values
    return made


def _scalar(values: Sequence[str]) -> Any:
    """One value stands alone; several are sorted backwards, as Terraform's set of strings comes out."""
    unique = sorted({_variables(value) for value in values}, reverse=True)
    return unique[0] if len(unique) == 1 else unique


def _variables(text: str) -> str:
    """``&{aws:username}`` is how a program writes IAM's own ``${aws:username}``."""
    return text.replace("&{", "${")


def _listed(statements: Any) -> list[Any]:
    return statements if isinstance(statements, list) else [statements] if statements else []


def _merged(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    twice = sorted({sid for sid in sids if sids.count(sid) > 1})
    if twice:
        raise CloudError(
            "Statement id used twice.", f"The policy document has {', '.join(f'`{s}`' for s in twice)} twice."
        )
    return statements


def _overridden(statements: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A statement with the same id takes the place of the one before; others are appended."""
    by_sid = {other["Sid"]: other for other in others if other.get("Sid")}
    kept = [by_sid.pop(statement.get("Sid", ""), statement) for statement in statements]
    return [*kept, *by_sid.values(), *(other for other in others if not other.get("Sid"))]


def _crc(text: str) -> int:
    return zlib.crc32(text.encode())


# Asking the cloud


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


def parameter(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    decryption = bool(args.get("withDecryption", True))
    found = api("GetParameter", Name=args["name"], WithDecryption=decryption)["Parameter"]
    secure = found["Type"] == "SecureString"
    return {
        "id": found["Name"],
        "arn": found["ARN"],
        "insecureValue": "" if secure else found["Value"],
        "name": found["Name"],
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
        "withDecryption": decryption,
    }


def bucket(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    name, region_name = str(args["bucket"]), scope.region
    api("HeadBucket", Bucket=name)
    suffix = dns_suffix_of(region_name)
    return {
        "id": name,
        "arn": f"arn:{partition_of(region_name)}:s3:::{name}",
        "bucket": name,
        "bucketDomainName": f"{name}.s3.{suffix}",
        "bucketRegion": region_name,
        "bucketRegionalDomainName": f"{name}.s3.{region_name}.{suffix}",
    }


def key(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    found = api("DescribeKey", KeyId=args["keyId"])["KeyMetadata"]
    return {
        "id": found["KeyId"],
        "arn": found["Arn"],
        "awsAccountId": found["AWSAccountId"],
        "creationDate": found["CreationDate"].isoformat(),
        "customerMasterKeySpec": found.get("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"),
        "description": found.get("Description", ""),
        "enabled": found["Enabled"],
        "keyId": args["keyId"],
        "keyManager": found.get("KeyManager", "CUSTOMER"),
        "keySpec": found.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "keyState": found["KeyState"],
        "keyUsage": found.get("KeyUsage") or "ENCRYPT_DECRYPT",
        "multiRegion": found.get("MultiRegion", False),
        "origin": found.get("Origin", "AWS_KMS"),
    }


def alias(api: Api, scope: Scope, args: Props) -> dict[str, Any]:
    marker: dict[str, Any] = {}
    while True:
        page = api("ListAliases", **marker)
        for found in page["Aliases"]:
            if found["AliasName"] == args["name"]:
                return _alias(found)
        if not page.get("Truncated"):
            raise api.refuse("ListAliases", f"Alias `{args['name']}` is not found.", "NotFoundException")
        marker = {"Marker": page["NextMarker"]}


def _alias(found: Mapping[str, Any]) -> dict[str, Any]:
    prefix, target = found["AliasArn"].rsplit(":", 1)[0], found.get("TargetKeyId", "")
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "name": found["AliasName"],
        "targetKeyArn": f"{prefix}:key/{target}",
        "targetKeyId": target,
    }


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


PURE: Final[Mapping[str, Pure]] = {
    "aws:iam/getPolicyDocument:getPolicyDocument": policy_document,
    "aws:index/getAvailabilityZones:getAvailabilityZones": availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
    "aws:index/getPartition:getPartition": partition,
    "aws:index/getRegion:getRegion": region,
}
"""Token to its answer; no cloud is asked. Sorted."""

ASKING: Final[Mapping[str, tuple[str, Asking]]] = {
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": ("ec2", managed_prefix_list),
    "aws:ec2/getPrefixList:getPrefixList": ("ec2", prefix_list),
    "aws:ec2/getSubnet:getSubnet": ("ec2", subnet),
    "aws:ec2/getSubnets:getSubnets": ("ec2", subnets),
    "aws:ec2/getVpc:getVpc": ("ec2", vpc),
    "aws:kms/getAlias:getAlias": ("kms", alias),
    "aws:kms/getKey:getKey": ("kms", key),
    "aws:s3/getBucket:getBucket": ("s3", bucket),
    "aws:ssm/getParameter:getParameter": ("ssm", parameter),
}
"""Token to the service asked and the answer. Sorted."""
