"""aws:cfg/recorderStatus:RecorderStatus."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props


class RecorderStatus(Resource):
    """StartConfigurationRecorder or StopConfigurationRecorder; DescribeConfigurationRecorderStatus; a delete stops."""

    type = "aws:cfg/recorderStatus:RecorderStatus"
    service = "config"
    create_op, read_op = "StartConfigurationRecorder", "DescribeConfigurationRecorderStatus"
    delete_op = "StopConfigurationRecorder"
    extras = frozenset({"isEnabled"})
    required = frozenset({"isEnabled", "name"})
    renames = {"name": "ConfigurationRecorderName"}
    name_input = ""
    identity = ("name",)
    key = {"ConfigurationRecorderName": "name"}
    refreshed = {"isEnabled": "recording"}

    def create(self, scope: Scope, inputs: Props) -> Created:
        api = self.api(scope, inputs)
        self._switch(api, inputs)
        return self._created(self._outputs(scope, inputs, {}))

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "isEnabled" in changed:
            self._switch(api, outputs)

    def _switch(self, api: Api, wanted: Props) -> None:
        if wanted["isEnabled"]:
            api("StartConfigurationRecorder", ConfigurationRecorderName=wanted["name"])
        else:
            api("StopConfigurationRecorder", ConfigurationRecorderName=wanted["name"])

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("DescribeConfigurationRecorderStatus", ConfigurationRecorderNames=[outputs["name"]])
        return next(iter(answer["ConfigurationRecordersStatus"]), None) if answer else None
