"""Whether machines that queues name by a reservation are there: of the type, in the subnet's zone, and now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mlops_iac.doctor.finding import Finding, failed, passed, warned
from mlops_iac.doctor.subject import Subject

SUBNET: Final = "aws:ec2/subnet:Subnet"
LATER: Final = ("assessing", "delayed", "payment-pending", "pending", "scheduled")
"""States in which it is not there yet.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservation.html
"""
BLOCK: Final = "capacity-block"


def check(subject: Subject) -> Iterator[Finding]:
    pools: Mapping[str, Any] = getattr(subject.opened.options, "pools_by_place", {})
    asked = {place: pool for place, pool in pools.items() if pool.reservation}
    if not asked:
        yield passed("no queue names a reservation")
    for place, pool in asked.items():
        yield _look(subject, place, pool)


def _look(subject: Subject, place: str, pool: Any) -> Finding:
    """The first thing that is wrong."""
    ec2, id = subject.clients("ec2"), pool.reservation.id
    try:
        found = ec2.describe_capacity_reservations(CapacityReservationIds=[id])["CapacityReservations"]
    except ec2.exceptions.ClientError as error:
        if not error.response["Error"]["Code"].startswith("InvalidCapacityReservationId"):
            raise
        found = []
    if not found:
        return failed(
            f"{id} of `{place}` is no reservation in {subject.region}", "name one of this region and account."
        )
    return _judge(found[0], place, pool, _zones(subject))


def _judge(one: Mapping[str, Any], place: str, pool: Any, zones: list[str]) -> Finding:
    id, kind, zone, state = (
        one[name] for name in ("CapacityReservationId", "InstanceType", "AvailabilityZone", "State")
    )
    (wanted,) = pool.instance_types
    is_block = one.get("ReservationType") == BLOCK
    if kind != wanted:
        return failed(f"{id} is of {kind}, and `{place}` of {wanted}", f"say `instance_types: [{kind}]`.")
    if is_block != pool.reservation.block:
        says = f"{id} is {'a' if is_block else 'no'} Capacity Block"
        return failed(says, f"say `block: {str(is_block).lower()}` at the `reservation` of `{place}`.")
    there = zones[pool.subnet - 1] if pool.subnet <= len(zones) else ""
    if there and there != zone:
        right = zones.index(zone) + 1 if zone in zones else None
        fix = f"say `subnet: {right}`." if right else "use a network with a subnet there."
        return failed(f"{id} is in {zone}, and subnet {pool.subnet} in {there}", fix)
    if state in LATER:
        begins = f"; it begins {one['StartDate']:%Y-%m-%d %H:%M}" if "StartDate" in one else ""
        return warned(f"{id} is {state}{begins}", "jobs wait until then.")
    if state != "active":
        return failed(f"{id} is {state}", "name one that is active.")
    free, total = one["AvailableInstanceCount"], one["TotalInstanceCount"]
    return passed(f"{id} has {total} × {kind} in {zone}, {free} of them free")


def _zones(subject: Subject) -> list[str]:
    """Of the subnets for jobs, in their order; empty where they are not known yet."""
    network = subject.opened.options.adopt.network
    if network is None:
        return [zone for one in subject.built.of(SUBNET) if isinstance(zone := one.inputs.get("availabilityZone"), str)]
    asked = list(network.subnet_ids)
    found = subject.clients("ec2").describe_subnets(SubnetIds=asked)["Subnets"]
    zone_of = {one["SubnetId"]: one["AvailabilityZone"] for one in found}
    return [zone_of[id] for id in asked]
