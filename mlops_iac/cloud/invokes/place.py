"""Where a program runs: caller, region, partition, zones. No cloud is asked, so previews answer them too."""

from __future__ import annotations

import re
from typing import Any

from mlops_iac.cloud.regions import describe, dns_suffix_of, partition_of, zones_of
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


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
