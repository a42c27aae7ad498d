"""Machines in a subnet have no address on the internet."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

SUBNET = "aws:ec2/subnet:Subnet"


class SubnetPublicAddress(ValuePolicy):
    name = "subnet-public-address"
    wants = "What starts in a subnet gets no public address."
    why = "A notebook or a job would be reachable from everywhere."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = (SUBNET,)
    remedy = "set mapPublicIpOnLaunch to false."
    sources = ("Security Hub EC2.15",)
    path = "mapPublicIpOnLaunch"
    allowed = (False,)
    default = False
    detail = "What starts in it gets a public address."
    breaks = (example(SUBNET, {"mapPublicIpOnLaunch": True}),)
    keeps = (
        example(SUBNET, {"mapPublicIpOnLaunch": False}),
        example(SUBNET, {}),
    )
