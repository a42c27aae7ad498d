"""Disks are encrypted."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

VOLUME = "aws:ebs/volume:Volume"


class VolumeEncryption(ValuePolicy):
    name = "volume-encryption"
    wants = "An EBS volume is encrypted."
    why = "A snapshot that is shared shows everything."
    severity = Severity.ERROR
    types = (VOLUME,)
    remedy = "set encrypted to true."
    sources = ("Security Hub EC2.3", "CIS AWS Foundations 3.0.0 2.2.1")
    path = "encrypted"
    allowed = (True,)
    default = False
    detail = "It is not encrypted."
    breaks = (example(VOLUME, {"size": 8}),)
    keeps = (example(VOLUME, {"encrypted": True}),)
