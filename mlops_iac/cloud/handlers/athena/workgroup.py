"""aws:athena/workgroup:Workgroup."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource, search
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

_CONFIGURATION = (
    "Configuration.{bytesScannedCutoffPerQuery: BytesScannedCutoffPerQuery"
    ", enforceWorkgroupConfiguration: EnforceWorkGroupConfiguration"
    ", publishCloudwatchMetricsEnabled: PublishCloudWatchMetricsEnabled"
    ", resultConfiguration: ResultConfiguration.{outputLocation: OutputLocation"
    ", encryptionConfiguration: EncryptionConfiguration.{encryptionOption: EncryptionOption, kmsKeyArn: KmsKey}}}"
)


class Workgroup(Resource):
    """CreateWorkGroup, GetWorkGroup, DeleteWorkGroup. moto has no UpdateWorkGroup, so an update deletes and
    makes the group again under its name; its past queries stay. A read refreshes description, state, tags, and of the
    configuration where results go, how they are encrypted, and what queries are held to."""

    type = "aws:athena/workgroup:Workgroup"
    service = "athena"
    create_op, read_op, delete_op = "CreateWorkGroup", "GetWorkGroup", "DeleteWorkGroup"
    extras = frozenset({"forceDestroy", "state"})
    defaults = {"state": "ENABLED"}
    choices = {"state": ("DISABLED", "ENABLED")}
    renames = {
        "configuration.publishCloudwatchMetricsEnabled": "PublishCloudWatchMetricsEnabled",
        "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": "KmsKey",
    }
    references = {"configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": "key"}
    name_limit, prefix_input = 128, ""
    key = {"WorkGroup": "name"}
    read_item = "WorkGroup"
    formats = {"arn": "arn:{partition}:athena:{region}:{account}:workgroup/{name}"}
    refreshed = {"description": "Description", "state": "State"}
    tags = TagCalls(key=("ResourceARN", "arn"), list="ListTagsForResource")
    create_calls = 3

    def prepare(self, api: Api, scope: Scope, inputs: Props) -> None:
        if self.fetch(api, scope, inputs):
            raise api.refuse("CreateWorkGroup", "WorkGroup is already created", "InvalidRequestException")

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        """moto answers 200 with nothing for a group that does not exist."""
        item = super().fetch(api, scope, outputs)
        return item if item and item.get("Name") else None

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        if outputs.get("configuration"):
            outputs["configuration"] = settle(outputs["configuration"], search(_CONFIGURATION, item))

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        self.delete(scope, id, outputs)
        return self.create(scope, new).outputs

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("DeleteWorkGroup", WorkGroup=outputs["name"], RecursiveDeleteOption=True)
