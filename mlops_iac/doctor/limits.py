"""Limits of an account that environments meet: what AWS calls each, how much a stack needs, how much is used.

Sources: the quotas pages of each service, read 2026-11-29; codes are those of Service Quotas. Where there is no code
AWS raises the limit for nobody, or by a support case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.doctor.subject import Built, Resource

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

SHARE: Final = "share one: `mlops-iac new --blueprint network`, and `options.adopt` in mlops-iac.yaml"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many of something an account may have, in a region or at all."""

    what: str
    service: str
    """As Service Quotas calls it."""
    code: str = ""
    default: int
    """What an account has before anybody asks for more."""
    needs: Callable[[Built], int]
    """How many of it a stack adds."""
    used: Callable[[Clients], int]
    quota: Callable[[Clients], int] | None = None
    """Where something else than Service Quotas knows it. Left out: Service Quotas is asked."""
    instead: str = ""
    """What to do rather than asking for more."""


def _of(type: str) -> Callable[[Built], int]:
    return lambda built: built.count(type)


def _gateways(built: Built) -> int:
    return sum(one.inputs.get("vpcEndpointType") == "Gateway" for one in built.of("aws:ec2/vpcEndpoint:VpcEndpoint"))


def _listed(service: str, operation: str, item: str, **asked: Any) -> Callable[[Clients], int]:
    """The number of things that a list answers, all its pages."""

    def count(clients: Clients) -> int:
        client = clients(service)
        if not client.can_paginate(operation):
            return len(getattr(client, operation)(**asked)[item])
        return sum(len(page.get(item, ())) for page in client.get_paginator(operation).paginate(**asked))

    return count


def _summed(key: str) -> Callable[[Clients], int]:
    return lambda clients: int(clients("iam").get_account_summary()["SummaryMap"].get(key, 0))


LIMITS: Final = (
    Limit(
        what="VPCs in the region",
        service="vpc",
        code="L-F678F1CE",
        default=5,
        needs=_of("aws:ec2/vpc:Vpc"),
        used=_listed("ec2", "describe_vpcs", "Vpcs"),
        instead=SHARE,
    ),
    Limit(
        what="gateway endpoints in the region",
        service="vpc",
        code="L-1B52E74A",
        default=20,
        needs=_gateways,
        used=_listed(
            "ec2",
            "describe_vpc_endpoints",
            "VpcEndpoints",
            Filters=[{"Name": "vpc-endpoint-type", "Values": ["Gateway"]}],
        ),
        instead=SHARE,
    ),
    Limit(
        what="IAM roles in the account",
        service="iam",
        code="L-FE177D64",
        default=1000,
        needs=_of("aws:iam/role:Role"),
        used=_summed("Roles"),
        quota=_summed("RolesQuota"),
    ),
    Limit(
        what="managed policies in the account",
        service="iam",
        code="L-E95E4862",
        default=1500,
        needs=_of("aws:iam/policy:Policy"),
        used=_summed("Policies"),
        quota=_summed("PoliciesQuota"),
    ),
    Limit(
        what="KMS keys in the region",
        service="kms",
        code="L-C2F1777E",
        default=100_000,
        needs=_of("aws:kms/key:Key"),
        used=_listed("kms", "list_keys", "Keys"),
        instead=SHARE,
    ),
    Limit(
        what="buckets in the account",
        service="s3",
        code="L-DC2B2D3D",
        default=10_000,
        needs=_of("aws:s3/bucket:Bucket"),
        used=_listed("s3", "list_buckets", "Buckets"),
    ),
    Limit(
        what="dashboards in the account",
        service="cloudwatch",
        default=5000,
        needs=_of("aws:cloudwatch/dashboard:Dashboard"),
        used=_listed("cloudwatch", "list_dashboards", "DashboardEntries"),
    ),
    Limit(
        what="Batch compute environments in the region",
        service="batch",
        default=50,
        needs=_of("aws:batch/computeEnvironment:ComputeEnvironment"),
        used=_listed("batch", "describe_compute_environments", "computeEnvironments"),
    ),
    Limit(
        what="Batch queues in the region",
        service="batch",
        default=50,
        needs=_of("aws:batch/jobQueue:JobQueue"),
        used=_listed("batch", "describe_job_queues", "jobQueues"),
    ),
)


@dataclass(frozen=True)
class Pool:
    """A limit of EC2 on vCPUs of related types, bought in one way."""

    families: tuple[str, ...]
    """What the types' names begin with, before their number."""
    on_demand: str
    spot: str
    name: str


POOLS: Final = (
    Pool(("g", "vt", "gr"), "L-DB2E81BA", "L-3819A6DF", "G and VT instances"),
    Pool(("p",), "L-417A185B", "L-7212CCBC", "P instances"),
    Pool(("a", "c", "d", "h", "i", "m", "r", "t", "z"), "L-1216C47A", "L-34B43A08", "standard instances"),
)
"""https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html"""


def pool_of(instance_type: str) -> Pool | None:
    """``g5``, ``g5.xlarge``: G and VT. None for a family whose limit is not known here, and for ``optimal``."""
    letters = instance_type[: next((at for at, letter in enumerate(instance_type) if letter.isdigit()), 0)]
    return next((pool for pool in POOLS if letters in pool.families or letters[:1] in pool.families), None)


def machines_of(resource: Resource) -> tuple[list[str], int, bool]:
    """Of a Batch compute environment: its types, the most vCPUs at once, and whether it buys spot."""
    asked = resource.inputs.get("computeResources") or {}
    types = [one for one in asked.get("instanceTypes") or () if isinstance(one, str)]
    return types, int(asked.get("maxVcpus") or 0), asked.get("type") == "SPOT"
