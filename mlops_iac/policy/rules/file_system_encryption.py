"""Shared files are encrypted."""

from __future__ import annotations

from mlops_iac.core.severity import Severity
from mlops_iac.policy.kinds import ValuePolicy
from mlops_iac.policy.policy import example

FILE_SYSTEM = "aws:efs/fileSystem:FileSystem"


class FileSystemEncryption(ValuePolicy):
    name = "file-system-encryption"
    wants = "A file system of EFS is encrypted."
    why = "It cannot be encrypted later: its files have to move to another."
    severity = Severity.ERROR
    types = (FILE_SYSTEM,)
    remedy = "set encrypted to true."
    sources = ("Security Hub EFS.1", "CIS AWS Foundations 3.0.0 2.4.1")
    path = "encrypted"
    allowed = (True,)
    default = False
    detail = "It is not encrypted."
    breaks = (example(FILE_SYSTEM, {"throughputMode": "elastic"}),)
    keeps = (example(FILE_SYSTEM, {"encrypted": True}),)
