"""aws:kms/alias:Alias."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Alias(Resource):
    """CreateAlias, UpdateAlias, DeleteAlias; a read lists the aliases and refreshes the key behind the name."""

    type = "aws:kms/alias:Alias"
    service = "kms"
    create_op, read_op, update_op, delete_op = "CreateAlias", "ListAliases", "UpdateAlias", "DeleteAlias"
    renames = {"name": "AliasName"}
    required = frozenset({"targetKeyId"})
    name_limit = 256
    key = {"AliasName": "name"}
    formats = {"arn": "arn:{partition}:kms:{region}:{account}:{name}"}

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        name = inputs["name"]
        if isinstance(name, str) and (not name.startswith("alias/") or name.startswith("alias/aws/")):
            raise CloudError(
                "Not an alias.",
                f"`{self.type}.name` is `{name}`; it must start with `alias/`, and `alias/aws/` is AWS's own.",
                resource=self.type,
            )

    def auto_name(self, prefix: str) -> str:
        return super().auto_name(prefix if prefix.startswith("alias/") else f"alias/{prefix}")

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["targetKeyArn"] = self._key_arn(scope, outputs)

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        return next((alias for alias in _all_aliases(api) if alias["AliasName"] == outputs["name"]), None)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        target = item.get("TargetKeyId", "")
        known = str(outputs.get("targetKeyId", ""))
        if target and not known.endswith(target):
            outputs["targetKeyId"] = target
        outputs["targetKeyArn"] = self._key_arn(scope, outputs)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        outputs["targetKeyArn"] = self._key_arn(scope, outputs)

    def _key_arn(self, scope: Scope, outputs: Props) -> str:
        prefix = str(outputs["arn"]).rsplit(":", 1)[0]
        return f"{prefix}:key/{str(outputs['targetKeyId']).rsplit('/', 1)[-1]}"


def _all_aliases(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = api("ListAliases")
    while True:
        found += page["Aliases"]
        if not page.get("Truncated"):
            return found
        page = api("ListAliases", Marker=page["NextMarker"])
