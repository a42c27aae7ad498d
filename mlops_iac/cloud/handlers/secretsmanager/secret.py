"""aws:secretsmanager/secret:Secret."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

WINDOW = 30
"""Days between a secret's delete and its end: AWS's default."""


class Secret(Resource):
    """CreateSecret, PutResourcePolicy, DescribeSecret, UpdateSecret, DeleteSecret. A read refreshes description,
    key, policy and tags. A delete schedules the end, or with ``recoveryWindowInDays`` 0 is final; a secret that
    awaits its end counts as gone, yet its name stays taken, as on AWS."""

    type = "aws:secretsmanager/secret:Secret"
    service = "secretsmanager"
    create_op, read_op, update_op, delete_op = "CreateSecret", "DescribeSecret", "UpdateSecret", "DeleteSecret"
    documents = frozenset({"policy"})
    extras = frozenset({"policy", "recoveryWindowInDays"})
    ignores = {"forceOverwriteReplicaSecret": "secrets have no replicas here."}
    defaults = {"recoveryWindowInDays": WINDOW}
    references = {"kmsKeyId": "key"}
    name_limit = 512
    id_from = "arn"
    key = {"SecretId": "arn"}
    read_key = {"SecretId": "name"}
    computed = {"arn": "ARN"}
    refreshed = {"description": "Description", "kmsKeyId": "KmsKeyId"}
    tags = TagCalls(key=("SecretId", "arn"))
    later = frozenset({"policy"})
    create_calls = 3

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        if outputs.get("policy"):
            api("PutResourcePolicy", SecretId=outputs["arn"], ResourcePolicy=outputs["policy"])

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        item = api.maybe("DescribeSecret", SecretId=outputs.get("arn") or outputs["name"])
        return None if item is None or item.get("DeletedDate") else item

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        if outputs.get("policy"):
            answer = api("GetResourcePolicy", SecretId=outputs["arn"])
            outputs["policy"] = settle(outputs["policy"], answer.get("ResourcePolicy") or "{}")

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "policy" in changed and outputs.get("policy"):
            api("PutResourcePolicy", SecretId=outputs["arn"], ResourcePolicy=outputs["policy"])
        elif "policy" in changed:
            api("DeleteResourcePolicy", SecretId=outputs["arn"])

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if not self.fetch(api, scope, outputs):
            return
        window = int(outputs.get("recoveryWindowInDays", WINDOW))
        how = {"RecoveryWindowInDays": window} if window else {"ForceDeleteWithoutRecovery": True}
        api.maybe("DeleteSecret", SecretId=outputs["arn"], **how)
