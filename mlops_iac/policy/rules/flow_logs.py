"""Who spoke with whom is kept."""

from __future__ import annotations

from mlops_iac.core import urns
from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import BesidePolicy
from mlops_iac.policy.policy import example
from mlops_iac.policy.resource import Resource

VPC = "aws:ec2/vpc:Vpc"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"


class FlowLogs(BesidePolicy):
    name = "flow-logs"
    wants = "A VPC has a flow log."
    why = "After an incident nobody can say what left."
    severity = Severity.ADVICE
    by_profile = {"regulated": Severity.ERROR}
    types = (VPC,)
    remedy = "add a FlowLog of the VPC."
    setting = "security"
    sources = ("Security Hub EC2.6", "CIS AWS Foundations 3.0.0 3.7")
    other = FLOW_LOG
    speaks_by = "vpcId"
    detail = "It has no flow log."
    breaks = (example(VPC, {"cidrBlock": "10.0.0.0/16"}),)
    keeps = (
        example(
            VPC,
            {"cidrBlock": "10.0.0.0/16"},
            Resource(type=FLOW_LOG, name="log", links={"vpcId": [urns.make("a-dev", "a", VPC, "example")]}),
        ),
    )
