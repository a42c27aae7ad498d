"""aws:secretsmanager/secretVersion:SecretVersion."""

from __future__ import annotations

import base64
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class SecretVersion(Resource):
    """PutSecretValue, GetSecretValue. Versions cannot be deleted: a delete takes the stages away except
    AWSCURRENT, which goes with the secret, as Pulumi's provider does. A read refreshes the value. The value is
    secret."""

    type = "aws:secretsmanager/secretVersion:SecretVersion"
    service = "secretsmanager"
    create_op, read_op = "PutSecretValue", "GetSecretValue"
    extras = frozenset({"secretBinary"})
    required = frozenset({"secretId"})
    name_input = ""
    identity = ()
    replace_on = frozenset({"secretId", "secretString", "secretBinary", "versionStages"})
    id_from = "id"
    computed = {"arn": "ARN", "secretArn": "ARN", "versionId": "VersionId"}
    formats = {"id": "{secretId}|{versionId}"}
    secret_outputs = frozenset({"secretBinary", "secretString"})
    upserts = True

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        if inputs.get("secretBinary"):
            params["SecretBinary"] = base64.b64decode(inputs["secretBinary"])
        return params

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs.setdefault("versionStages", ["AWSCURRENT"])
        outputs["hasSecretStringWo"] = False

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        secret, _, version = str(outputs["id"]).partition("|")
        return api.maybe("GetSecretValue", SecretId=secret, VersionId=version)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        self.finish(api, scope, outputs)
        if "SecretString" in item:
            outputs["secretString"] = item["SecretString"]

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        """The current version, when it holds this very value."""
        current = self.api(scope, inputs).maybe("GetSecretValue", SecretId=inputs["secretId"])
        if current is None or current.get("SecretString") != inputs.get("secretString"):
            return None
        return self.read(scope, f"{inputs['secretId']}|{current['VersionId']}", inputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        for stage in outputs.get("versionStages") or []:
            if stage != "AWSCURRENT":
                api.maybe(
                    "UpdateSecretVersionStage",
                    SecretId=outputs["secretId"],
                    VersionStage=stage,
                    RemoveFromVersionId=outputs["versionId"],
                )
