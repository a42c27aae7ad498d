"""EC2: deletes that AWS refuses because something stands on the resource, and that moto carries out: groups and subnets
with network interfaces, and groups that the rules of other groups name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def apply(gateway: Gateway) -> None:
    for operation, check in (("DeleteSecurityGroup", _check_group), ("DeleteSubnet", _check_subnet)):
        gateway.before("ec2", operation, _locked(gateway, check))


def _locked(gateway: Gateway, check: Callable[[Any, Call], None]) -> Callable[[Call], None]:
    def look(call: Call) -> None:
        from moto.ec2.models import ec2_backends

        with gateway.locked("ec2"):
            check(ec2_backends[call.account_id][call.region], call)

    return look


def _check_group(backend: Any, call: Call) -> None:
    group = call.params.get("GroupId")
    if any(group in used for used in _used_groups(backend, group)):
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


def _check_subnet(backend: Any, call: Call) -> None:
    subnet = call.params["SubnetId"]
    if any(interface.subnet.id == subnet for interface in backend.enis.values()):
        raise AwsError("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
