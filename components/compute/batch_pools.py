"""Pools of machines behind AWS Batch's queues: types, ways of buying, disks, the image they start with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import pulumi

from mlops_iac.components._kit import Named, NetworkRef
from mlops_iac.components._kit.tags import tags_of
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.pools import IMAGE_TYPES, kind_of

Buying = Literal["spot", "on_demand"]
STRATEGY: Final[dict[str, str]] = {"spot": "SPOT_PRICE_CAPACITY_OPTIMIZED", "on_demand": "BEST_FIT_PROGRESSIVE"}
"""AWS's advice for each: the spare capacity least likely to be taken back; the cheapest types that fit, then larger
ones."""
TYPE: Final[dict[str, str]] = {"spot": "SPOT", "on_demand": "EC2"}


@dataclass(frozen=True, kw_only=True)
class PoolArgs:
    """One kind of machine, behind one queue."""

    instance_types: tuple[str, ...]
    """Types or families, at least one (``c6i``, ``g5.xlarge``), of one kind of processor. They age, so the team says
    them."""
    max_vcpus: int = 64
    """Ceiling for all machines of one way of buying. Left out: 64."""
    buying: tuple[Buying, ...] = ("spot", "on_demand")
    """Ways to buy, in the order in which the queue tries them. Left out: spot, then on-demand."""
    volume_gib: int = 100
    """Disk of each machine, 30 GiB at least. Left out: 100 GiB."""
    subnet: int | None = None
    """Number of the network's subnet in which all machines start, from 1. Left out: every one."""
    together: bool = False
    """Whether machines stand close to each other, in a cluster placement group: in one subnet, then. Left out: where
    there is room."""
    reservation_id: str | None = None
    """The Capacity Reservation whose machines these are; it must be of their type and in the subnet's zone. Left out:
    what is free."""
    capacity_block: bool = False
    """Whether the reservation is a Capacity Block for ML. Left out: it is not."""

    @property
    def environments(self) -> dict[str, Buying]:
        """End of the name of each compute environment to its way of buying, in order."""
        return {buying.replace("_", "-"): buying for buying in self.buying}


def check(pools: Mapping[str, PoolArgs], network: NetworkRef) -> None:
    """Raise BlueprintError for a pool that has no machines, machines that no one image starts, or no subnet."""
    for name, pool in pools.items():
        if not pool.instance_types or not pool.buying or pool.max_vcpus < 1:
            detail = f"Pool `{name}` needs instance types, a way of buying and at least one vCPU."
            raise BlueprintError("A pool of machines is empty.", detail, hint="give it, or leave the pool out.")
        if pool.together and pool.subnet is None:
            detail = f"Pool `{name}` is to stand together, which is in one subnet; none is named."
            raise BlueprintError("A pool of machines cannot be.", detail, hint="name one, such as 1.")
        if pool.subnet is not None and pool.subnet > len(network.subnet_ids):
            detail = f"Pool `{name}` is in subnet {pool.subnet}; the network has {len(network.subnet_ids)} for jobs."
            raise BlueprintError("A pool of machines cannot be.", detail, hint="name one that is there.")
        try:
            kind_of(pool.instance_types)
        except ValueError as error:
            raise BlueprintError("A pool of machines cannot be.", f"Pool `{name}`: {error}.") from None


def launch_template(place: Named, name: str, pool: PoolArgs) -> dict[str, Any]:
    """The launch template's properties: an encrypted disk, and credentials that no container reaches."""
    disk = {
        "encrypted": "true",
        "volume_type": "gp3",
        "volume_size": pool.volume_gib,
        "delete_on_termination": "true",
    }
    # One hop: a container on the machine cannot reach the machine's own credentials.
    metadata = {"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1}
    tags = tags_of(place, Name=f"{place.site.stack}-{place.name}-{name}")
    return {
        "update_default_version": True,
        "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": disk}],
        "metadata_options": metadata,
        "tag_specifications": [{"resource_type": kind, "tags": tags} for kind in ("instance", "volume")],
        **_reserved(pool),
    }


def _reserved(pool: PoolArgs) -> dict[str, Any]:
    """Machines of a reservation start where they are asked for by its id; a block's by its own market, too.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-launch.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-blocks-launch.html
    """
    if pool.reservation_id is None:
        return {}
    target = {"capacity_reservation_target": {"capacity_reservation_id": pool.reservation_id}}
    market = {"instance_market_options": {"market_type": "capacity-block"}} if pool.capacity_block else {}
    return {"capacity_reservation_specification": target, **market}


def compute_resources(
    place: Named,
    pool: PoolArgs,
    buying: Buying,
    network: NetworkRef,
    profile_arn: pulumi.Output[str],
    template: Any,
    group: pulumi.Output[str] | None = None,
) -> dict[str, Any]:
    """ComputeResources of one way of buying a pool's machines; ``group`` is the name of their placement group."""
    subnets = list(network.machine_subnet_ids)
    return {
        "type": TYPE[buying],
        "allocation_strategy": STRATEGY[buying],
        "instance_types": list(pool.instance_types),
        "ec2_configurations": [{"image_type": IMAGE_TYPES[kind_of(pool.instance_types)]}],
        "min_vcpus": 0,
        "max_vcpus": pool.max_vcpus,
        "subnets": [subnets[pool.subnet - 1]] if pool.subnet else subnets,
        "security_group_ids": list(network.machine_security_group_ids),
        **({"placement_group": group} if group is not None else {}),
        "instance_role": profile_arn,
        # By number: AWS looks up `$Latest` when the environment changes, not when the template does.
        "launch_template": {"launch_template_id": template.id, "version": template.latest_version.apply(str)},
        "tags": tags_of(place),
    }
