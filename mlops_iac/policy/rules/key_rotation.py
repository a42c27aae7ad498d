"""Keys are renewed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

KEY = "aws:kms/key:Key"
SYMMETRIC = "SYMMETRIC_DEFAULT"


class KeyRotation(Policy):
    name = "key-rotation"
    wants = "A key is rotated by KMS."
    why = "One key for all years makes one leak the leak of everything."
    severity = Severity.ERROR
    types = (KEY,)
    remedy = "set enableKeyRotation to true."
    sources = ("Security Hub KMS.4", "CIS AWS Foundations 3.0.0 3.6")
    breaks = (example(KEY, {"description": "data"}),)
    keeps = (example(KEY, {"enableKeyRotation": True}), example(KEY, {"customerMasterKeySpec": "RSA_2048"}))

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if resource.get("customerMasterKeySpec", SYMMETRIC) != SYMMETRIC:
            return  # KMS rotates no other kind
        if resource.differs("enableKeyRotation", True, default=False):
            yield Violation(detail="It is never rotated.", path="enableKeyRotation")
