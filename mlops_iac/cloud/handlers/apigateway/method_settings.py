"""aws:apigateway/methodSettings:MethodSettings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers.apigateway._patches import replace
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

_PATHS: Final = {
    "dataTraceEnabled": "logging/dataTrace",
    "loggingLevel": "logging/loglevel",
    "metricsEnabled": "metrics/enabled",
    "throttlingBurstLimit": "throttling/burstLimit",
    "throttlingRateLimit": "throttling/rateLimit",
}
_KEPT_ONLY: Final = {"dataTraceEnabled": True, "loggingLevel": ("ERROR", "INFO")}
"""Values that would write execution logs, which nothing writes here."""


class MethodSettings(Resource):
    """UpdateStage makes, changes and takes back, GetStage. Throttling is kept to; metrics are published in any case, by
    API and stage; execution logs and caching are refused."""

    type = "aws:apigateway/methodSettings:MethodSettings"
    service = "apigateway"
    create_op, read_op = "UpdateStage", "GetStage"
    renames = {"restApi": "restApiId"}
    extras = frozenset({"methodPath", "settings"})
    required = frozenset({"methodPath", "restApi", "settings", "stageName"})
    name_input = ""
    identity = ("restApi", "stageName", "methodPath")
    id_from = "id"
    key = {"restApiId": "restApi", "stageName": "stageName"}
    formats = {"id": "{restApi}-{stageName}-{methodPath}"}
    refreshed = {"settings": "@"}
    upserts = True

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        settings = inputs.get("settings")
        for name, value in settings.items() if isinstance(settings, Mapping) else ():
            wanted = _KEPT_ONLY.get(name)
            refused = value == wanted if not isinstance(wanted, tuple) else value in wanted
            if name not in _PATHS or (wanted is not None and value is not UNKNOWN and refused):
                raise NotEmulated(self.type, f"settings.{name}", hint="leave it out on the embedded cloud.")

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {**self._keys(self.key, inputs), "patchOperations": self._operations(inputs, inputs["settings"])}

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        stage = api.maybe("GetStage", **self._keys(self.key, outputs))
        return (stage or {}).get("methodSettings", {}).get(outputs["methodPath"])

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "settings" in changed:
            self.remove(api, scope, outputs)
            operations = self._operations(outputs, outputs["settings"])
            api("UpdateStage", **self._keys(self.key, outputs), patchOperations=operations)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        operations = [{"op": "remove", "path": f"/{outputs['methodPath']}"}]
        if self.fetch(api, scope, outputs):
            api("UpdateStage", **self._keys(self.key, outputs), patchOperations=operations)

    def _operations(self, inputs: Props, settings: Mapping[str, Any]) -> list[dict[str, str]]:
        path = inputs["methodPath"]
        return [replace(f"/{path}/{_PATHS[name]}", value) for name, value in sorted(settings.items())]
