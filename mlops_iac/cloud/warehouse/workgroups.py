"""Workgroups: what computes for a namespace, and the tags of both."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.paging import paged
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.warehouse.namespaces import NAME, Namespaces
from mlops_iac.cloud.warehouse.places import (
    LIMITS,
    NAMESPACES,
    SERVICE,
    SPELLING,
    TAGS,
    WORKGROUPS,
    Key,
    Thing,
    as_tags,
    conflict,
    here,
    invalid,
    key,
    missing,
    now,
)
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

BASE: Final = 128
"""RPUs where nobody says: https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html"""
RPUS: Final = (4, 1024)
ZONES_ROUTED, ZONES_PLAIN = 3, 2
"""How many zones its subnets must span, with and without enhanced VPC routing.
https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html"""
SETTINGS: Final = (
    "baseCapacity", "configParameters", "enhancedVpcRouting", "maxCapacity", "port", "publiclyAccessible",
    "securityGroupIds", "subnetIds", "trackName", "pricePerformanceTarget",
)  # fmt: skip


class Workgroups:
    """By name."""

    def __init__(self, gateway: Gateway, namespaces: Namespaces) -> None:
        self._gateway, self._namespaces = gateway, namespaces

    def install(self) -> None:
        for operation, answer in (
            ("CreateWorkgroup", self.create),
            ("GetWorkgroup", self.describe),
            ("ListWorkgroups", self.list),
            ("UpdateWorkgroup", self.update),
            ("DeleteWorkgroup", self.delete),
            ("ListTagsForResource", self.tags),
            ("TagResource", self.tag),
            ("UntagResource", self.untag),
        ):
            self._gateway.instead(SERVICE, operation, self._gateway.holding(SERVICE, answer))

    @property
    def _store(self) -> dict[Key, Thing]:
        return self._gateway.store[WORKGROUPS]

    def create(self, call: Call) -> dict[str, Any]:
        asked = call.params
        name, id = asked["workgroupName"], str(uuid.uuid4())
        if not NAME.fullmatch(name):
            raise invalid("A workgroup's name has 3 to 64 lower-case letters, digits and hyphens.")
        if key(call, name) in self._store:
            raise conflict(f"The workgroup {name} already exists.")
        self._namespaces.get(call, asked["namespaceName"])
        if any(one["namespaceName"] == asked["namespaceName"] for one in here(call, self._store)):
            raise conflict(f"The namespace {asked['namespaceName']} has a workgroup already.")
        made = {
            "workgroupArn": call.arn(SERVICE, f"workgroup/{id}"),
            "workgroupId": id,
            "workgroupName": name,
            "namespaceName": asked["namespaceName"],
            "baseCapacity": BASE,
            "configParameters": [],
            "enhancedVpcRouting": False,
            "publiclyAccessible": False,
            "port": 5439,
            "trackName": "current",
            "securityGroupIds": [],
            "subnetIds": [],
            "creationDate": now(),
            "status": "AVAILABLE",
            **{one: asked[one] for one in SETTINGS if asked.get(one) is not None},
        }
        self._check(call, made)
        domain = "amazonaws.com.cn" if partition_of(call.region) == "aws-cn" else "amazonaws.com"
        address = f"{name}.{call.account_id}.{call.region}.redshift-serverless.{domain}"
        made["endpoint"] = {"address": address, "port": made["port"], "vpcEndpoints": []}
        self._store[key(call, name)] = made
        self._gateway.store[TAGS][made["workgroupArn"]] = as_tags(asked.get("tags"))
        return {"workgroup": made}

    def describe(self, call: Call) -> dict[str, Any]:
        return {"workgroup": self.get(call, call.params["workgroupName"])}

    def get(self, call: Call, name: str) -> Thing:
        found = self._store.get(key(call, name))
        if found is None:
            raise missing("workgroup", name)
        return found

    def list(self, call: Call) -> dict[str, Any]:
        return paged("workgroups", here(call, self._store), call.params, limit=100, spelling=SPELLING)

    def update(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["workgroupName"])
        changed = {**found, **{one: call.params[one] for one in SETTINGS if call.params.get(one) is not None}}
        self._check(call, changed)
        found.update(changed)
        found["endpoint"] = {**found["endpoint"], "port": found["port"]}
        return {"workgroup": found}

    def delete(self, call: Call) -> dict[str, Any]:
        found = self.get(call, call.params["workgroupName"])
        del self._store[key(call, found["workgroupName"])]
        self._gateway.store[TAGS].pop(found["workgroupArn"], None)
        limits = self._gateway.store[LIMITS]
        for one in [id for id, limit in limits.items() if limit["resourceArn"] == found["workgroupArn"]]:
            del limits[one]
        return {"workgroup": {**found, "status": "DELETING"}}

    # Tags -----------------------------------------------------------------------------------------------------------

    def tags(self, call: Call) -> dict[str, Any]:
        return {"tags": [{"key": name, "value": value} for name, value in self._tagged(call).items()]}

    def tag(self, call: Call) -> dict[str, Any]:
        self._tagged(call).update(as_tags(call.params["tags"]))
        return {}

    def untag(self, call: Call) -> dict[str, Any]:
        for one in call.params["tagKeys"]:
            self._tagged(call).pop(one, None)
        return {}

    def _tagged(self, call: Call) -> dict[str, str]:
        found = self._gateway.store[TAGS].get(call.params["resourceArn"])
        if found is None:
            raise missing("resource", call.params["resourceArn"])
        tags: dict[str, str] = found
        return tags

    # What AWS refuses -----------------------------------------------------------------------------------------------

    def _check(self, call: Call, group: Mapping[str, Any]) -> None:
        least, most = RPUS
        for one in ("baseCapacity", "maxCapacity"):
            given = group.get(one)
            if given is not None and not (least <= given <= most and (given == least or given % 8 == 0)):
                raise invalid(f"{one} is {given}; it is {least}, or a multiple of 8 up to {most}.")
        if group.get("maxCapacity") and group["maxCapacity"] < group["baseCapacity"]:
            raise invalid("maxCapacity must not be less than baseCapacity.")
        if group["subnetIds"]:
            self._check_subnets(call, group)

    def _check_subnets(self, call: Call, group: Mapping[str, Any]) -> None:
        from moto.ec2.models import ec2_backends

        known = ec2_backends[call.account_id][call.region]
        found = {id: known.get_subnet(id) for id in group["subnetIds"]}
        needed = ZONES_ROUTED if group["enhancedVpcRouting"] else ZONES_PLAIN
        zones = {subnet.availability_zone for subnet in found.values()}
        if len(zones) < needed:
            raise invalid(
                f"The subnets span {len(zones)} Availability Zones; a workgroup "
                f"{'with' if group['enhancedVpcRouting'] else 'without'} enhanced VPC routing needs {needed}."
            )
        networks = {subnet.vpc_id for subnet in found.values()}
        for id in group["securityGroupIds"]:
            one = known.get_security_group_from_id(id)
            if one is None or {one.vpc_id} != networks:
                raise invalid(f"The security group {id} is not in the network of the subnets.")


def workgroup_namespace(store: Mapping[str, dict[Any, Any]], where: Key) -> Thing | None:
    """The namespace of the workgroup at a place of the store; None where there is no such workgroup."""
    group = store[WORKGROUPS].get(where)
    return store[NAMESPACES].get((*where[:2], group["namespaceName"])) if group else None
