"""Credentials of a machine are not given to whoever can make it fetch an address."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


class InstanceMetadata(ValuePolicy):
    name = "instance-metadata"
    wants = "Machines answer version 2 of the metadata service only."
    why = "A script that fetches an address of somebody's choice would hand over the machine's credentials."
    severity = Severity.ERROR
    types = (LAUNCH_TEMPLATE,)
    remedy = "set metadataOptions.httpTokens to required."
    sources = ("Security Hub EC2.170", "CIS AWS Foundations 3.0.0 5.6")
    path = "metadataOptions.httpTokens"
    allowed = ("required",)
    default = "optional"
    detail = "It answers version 1 too, which needs no token."
    breaks = (example(LAUNCH_TEMPLATE, {"name": "a"}),)
    keeps = (example(LAUNCH_TEMPLATE, {"metadataOptions": {"httpTokens": "required"}}),)
