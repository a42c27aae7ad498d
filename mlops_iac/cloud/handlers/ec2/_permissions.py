"""Rules of security groups between Pulumi's form and EC2's IpPermissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mlops_iac.cloud.handlers._api import Api

Side = Literal["Ingress", "Egress"]


def to_permission(rule: Mapping[str, Any], group: str) -> dict[str, Any]:
    """One inline rule. Protocol ``-1`` is all traffic and takes no ports."""
    described = {"Description": rule["description"]} if rule.get("description") else {}
    protocol = str(rule["protocol"]).lower()
    protocol = "-1" if protocol == "all" else protocol
    permission: dict[str, Any] = {"IpProtocol": protocol}
    if protocol != "-1":
        permission |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    groups = [*(rule.get("securityGroups") or []), *([group] if rule.get("self") else [])]
    parts = {
        "IpRanges": [{"CidrIp": cidr, **described} for cidr in rule.get("cidrBlocks") or []],
        "Ipv6Ranges": [{"CidrIpv6": cidr, **described} for cidr in rule.get("ipv6CidrBlocks") or []],
        "PrefixListIds": [{"PrefixListId": prefix, **described} for prefix in rule.get("prefixListIds") or []],
        "UserIdGroupPairs": [{"GroupId": id, **described} for id in groups],
    }
    return permission | {key: value for key, value in parts.items() if value}


def from_permission(permission: Mapping[str, Any], group: str) -> dict[str, Any]:
    """The inline rule that one permission of DescribeSecurityGroups would have come from."""
    protocol = str(permission["IpProtocol"])
    pairs = [pair["GroupId"] for pair in permission.get("UserIdGroupPairs") or []]
    lists = {
        "cidrBlocks": [part["CidrIp"] for part in permission.get("IpRanges") or []],
        "ipv6CidrBlocks": [part["CidrIpv6"] for part in permission.get("Ipv6Ranges") or []],
        "prefixListIds": [part["PrefixListId"] for part in permission.get("PrefixListIds") or []],
        "securityGroups": [id for id in pairs if id != group],
    }
    ports = {"fromPort": int(permission.get("FromPort") or 0), "toPort": int(permission.get("ToPort") or 0)}
    own = {"self": True} if group in pairs else {}
    return {"protocol": protocol, **ports, **own, **{key: value for key, value in lists.items() if value}}


def settle_rules(last: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], group: str) -> list[Any]:
    """The rules as last known when the group still lets through exactly that, else those that it has."""
    fresh = [from_permission(permission, group) for permission in found]
    return list(last) if _openings(last, group) == _openings(fresh, group) else fresh


def _openings(rules: Sequence[Mapping[str, Any]], group: str) -> set[tuple[Any, ...]]:
    """Who may pass by which protocol and ports: two lists of rules that open the same have the same."""
    found: set[tuple[Any, ...]] = set()
    for rule in rules:
        permission = to_permission(rule, group)
        way = (permission["IpProtocol"], permission.get("FromPort"), permission.get("ToPort"))
        for parts in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"):
            for part in permission.get(parts) or []:
                found.add((*way, *(value for key, value in part.items() if key != "Description")))
    return found


def authorize(api: Api, side: Side, group: str, rules: Sequence[Mapping[str, Any]]) -> None:
    if rules:
        api(
            f"AuthorizeSecurityGroup{side}", GroupId=group, IpPermissions=[to_permission(rule, group) for rule in rules]
        )


def revoke_all(api: Api, side: Side, group: Mapping[str, Any]) -> None:
    """Take every rule of one side from a group as DescribeSecurityGroups shows it."""
    permissions = group["IpPermissions" if side == "Ingress" else "IpPermissionsEgress"]
    kept = [{key: value for key, value in permission.items() if value not in ([], None)} for permission in permissions]
    if kept:
        api(f"RevokeSecurityGroup{side}", GroupId=group["GroupId"], IpPermissions=kept)


def describe(api: Api, group: str) -> dict[str, Any] | None:
    answer = api.maybe("DescribeSecurityGroups", GroupIds=[group])
    return answer["SecurityGroups"][0] if answer and answer["SecurityGroups"] else None


def replace(api: Api, side: Side, group: str, rules: Sequence[Mapping[str, Any]]) -> None:
    """Make the rules of one side exactly these."""
    found = describe(api, group)
    if found:
        revoke_all(api, side, found)
    authorize(api, side, group, rules)
