"""aws:cfg/recorder:Recorder."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Recorder(Resource):
    """PutConfigurationRecorder makes and changes, DescribeConfigurationRecorders, DeleteConfigurationRecorder. There is
    one in a region, as on AWS. What it records is what rules judge; no history of it is kept."""

    type = "aws:cfg/recorder:Recorder"
    service = "config"
    create_op, read_op = "PutConfigurationRecorder", "DescribeConfigurationRecorders"
    update_op, delete_op = "PutConfigurationRecorder", "DeleteConfigurationRecorder"
    wrapped = "ConfigurationRecorder"
    required = frozenset({"roleArn"})
    references = {"roleArn": "role"}
    name_limit, prefix_input = 256, ""
    key = {"ConfigurationRecorderName": "name"}
    refreshed = {"roleArn": "roleARN"}
    upserts = True

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        return self._params(self.update_op, inputs)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        """A recorder that nobody told what to record records all there is."""
        if "recordingGroup" in outputs:
            outputs["recordingGroup"] = settle(outputs["recordingGroup"], item.get("recordingGroup"))

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("DescribeConfigurationRecorders", ConfigurationRecorderNames=[outputs["name"]])
        return next(iter(answer["ConfigurationRecorders"]), None) if answer else None
