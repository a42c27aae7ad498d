"""Disks of SageMaker's machines lie under the environment's key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

NOTEBOOK = "aws:sagemaker/notebookInstance:NotebookInstance"
CONFIGURATION = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
DOMAIN = "aws:sagemaker/domain:Domain"
KEYS = {NOTEBOOK: "kmsKeyId", CONFIGURATION: "kmsKeyArn", DOMAIN: "kmsKeyId"}


class SagemakerDiskEncryption(Policy):
    name = "sagemaker-disk-encryption"
    wants = "Notebooks, domains and endpoints have disks under a key of ours."
    why = "Data and models lie on them as they are."
    severity = Severity.WARNING
    by_profile = {"sandbox": Severity.ADVICE, "regulated": Severity.ERROR}
    types = tuple(KEYS)
    remedy = "name the key."
    sources = ("https://docs.aws.amazon.com/sagemaker/latest/dg/encryption-at-rest.html", "ML Lens 2022 MLSEC-03")
    breaks = (example(NOTEBOOK, {"name": "a"}), example(CONFIGURATION, {"name": "a"}), example(DOMAIN, {}))
    keeps = (example(NOTEBOOK, {"kmsKeyId": "key"}), example(CONFIGURATION, {"kmsKeyArn": "key"}))

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        path = KEYS[resource.type]
        if not resource.has(path):
            yield Violation(detail="Its disks have no key of ours.", path=path)
