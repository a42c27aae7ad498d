"""AWS Config: a recorder, a rule, and what it says of keys."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud import compliance
from mlops_iac.cloud.compliance.compliance import STORE
from mlops_iac.core.managed_rules import LINKED_ROLE
from tests.cloud.kept.world import World


class Compliance(World):
    stores = frozenset({STORE})
    installs = (compliance.install,)

    def begin(self) -> None:
        config, role = self.client("config"), f"arn:aws:iam::123456789012:role/{LINKED_ROLE}"
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
        source = {"Owner": "AWS", "SourceIdentifier": "CMK_BACKING_KEY_ROTATION_ENABLED"}
        config.put_config_rule(ConfigRule={"ConfigRuleName": "rotated", "Source": source})

    def _key(self) -> None:
        self.client("kms").create_key()

    def _rotates(self) -> None:
        key = self.client("kms").create_key()["KeyMetadata"]["KeyId"]
        self.client("kms").enable_key_rotation(KeyId=key)

    def act(self) -> None:
        self.one_of((self._key, self._rotates))

    def seen(self) -> Any:
        pages = self.client("config").get_paginator("get_compliance_details_by_config_rule")
        found = [one for page in pages.paginate(ConfigRuleName="rotated") for one in page["EvaluationResults"]]
        return sorted(
            (one["EvaluationResultIdentifier"]["EvaluationResultQualifier"]["ResourceId"], one["ComplianceType"])
            for one in found
        )
