"""aws:apigateway/stage:Stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers.apigateway._patches import TAGS, replace, replaced
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

_PATHS: Final = {"deployment": "/deploymentId", "description": "/description"}
_REFUSED: Final = frozenset(
    {"cacheClusterEnabled", "cacheClusterSize", "canarySettings", "clientCertificateId", "documentationVersion",
     "variables", "xrayTracingEnabled"}
)  # fmt: skip


class Stage(Resource):
    """CreateStage, UpdateStage for the access log, GetStage, DeleteStage. Access logs go to log groups, by the role in
    the account's settings. No cache, canary, client certificate, documentation, stage variables and X-Ray."""

    type = "aws:apigateway/stage:Stage"
    service = "apigateway"
    create_op, read_op, delete_op = "CreateStage", "GetStage", "DeleteStage"
    renames = {"restApi": "restApiId", "deployment": "deploymentId"}
    extras = frozenset({"accessLogSettings"})
    later = frozenset({"accessLogSettings"})
    required = frozenset({"deployment", "restApi", "stageName"})
    name_input, prefix_input = "stageName", ""
    identity = ("restApi", "stageName")
    id_from = "id"
    key = {"restApiId": "restApi", "stageName": "stageName"}
    formats = {
        "id": "ags-{restApi}-{stageName}",
        "arn": "arn:{partition}:apigateway:{region}::/restapis/{restApi}/stages/{stageName}",
        "executionArn": "arn:{partition}:execute-api:{region}:{account}:{restApi}/{stageName}",
        "invokeUrl": "https://{restApi}.execute-api.{region}.amazonaws.com/{stageName}",
    }
    refreshed = {"deployment": "deploymentId", "description": "description"}
    tags = TAGS
    create_calls = 2

    @classmethod
    def honours(cls, prop: str) -> bool:
        return prop not in _REFUSED and super().honours(prop)

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        self._patch(api, outputs, _logging(outputs.get("accessLogSettings")))

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        operations = replaced(_PATHS, changed, outputs)
        if "accessLogSettings" in changed:
            settings = outputs.get("accessLogSettings")
            operations += _logging(settings) or [{"op": "remove", "path": "/accessLogSettings"}]
        self._patch(api, outputs, operations)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        if not item.get("accessLogSettings"):
            outputs.pop("accessLogSettings", None)

    def _patch(self, api: Api, outputs: Props, operations: list[dict[str, str]]) -> None:
        if operations:
            api("UpdateStage", **self._keys(self.key, outputs), patchOperations=operations)


def _logging(settings: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [replace(f"/accessLogSettings/{name}", value) for name, value in sorted((settings or {}).items())]
