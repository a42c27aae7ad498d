"""EC2: deletes that AWS refuses because something stands on the resource, and that moto carries out: groups and subnets
with network interfaces, and groups that the rules of other groups name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    for operation, check in (("DeleteSecurityGroup", _check_group), ("DeleteSubnet", _check_subnet)):
        gateway.before("ec2", operation, gateway.holding("ec2", check))


def _backend(call: Call) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[call.account_id][call.region]


def _check_group(call: Call) -> None:
    group = call.params.get("GroupId")
    if any(group in used for used in _used_groups(_backend(call), group)):
        raise AwsError("DependencyViolation", f"resource {group} has a dependent object")


def _used_groups(backend: Any, group: str | None) -> Iterator[set[str]]:
    """What stands on groups: interfaces, endpoints (whose interfaces moto gives no group), and others' rules."""
    for interface in backend.enis.values():
        yield {one.id for one in interface.group_set}
    for endpoint in backend.vpc_end_points.values():
        if endpoint.state != "deleted":
            yield set(endpoint.security_group_ids)
    for of_a_network in backend.groups.values():
        for other in of_a_network.values():
            if other.id != group:
                rules = [*other.ingress_rules, *other.egress_rules]
                yield {rule.source_group.get("GroupId", "") for rule in rules}


def _check_subnet(call: Call) -> None:
    subnet = call.params["SubnetId"]
    if any(interface.subnet.id == subnet for interface in _backend(call).enis.values()):
        raise AwsError("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
