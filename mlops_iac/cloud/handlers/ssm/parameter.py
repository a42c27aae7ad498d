"""aws:ssm/parameter:Parameter."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class Parameter(Resource):
    """PutParameter makes, and with Overwrite changes; GetParameter with decryption, DeleteParameter. A read
    refreshes value, type, version and tags. The value is secret, as in Pulumi's provider."""

    type = "aws:ssm/parameter:Parameter"
    service = "ssm"
    create_op, read_op, update_op, delete_op = "PutParameter", "GetParameter", "PutParameter", "DeleteParameter"
    extras = frozenset({"insecureValue", "overwrite"})
    required = frozenset({"type"})
    defaults = {"dataType": "text", "tier": "Standard"}
    references = {"keyId": "key"}
    name_limit, prefix_input = 1011, ""
    key = {"Name": "name"}
    read_item = "Parameter"
    computed = {"version": "Version", "arn": "ARN"}
    formats = {"arn": "arn:{partition}:ssm:{region}:{account}:parameter/{name}"}
    refreshed = {"type": "Type"}
    secret_outputs = frozenset({"value"})
    tags = TagCalls(
        key=("ResourceId", "name"),
        put="AddTagsToResource",
        take="RemoveTagsFromResource",
        list="ListTagsForResource",
        answer="TagList",
        fixed={"ResourceType": "Parameter"},
    )
    later = frozenset({"tags"})
    create_calls = 2

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        if ("value" in inputs) == ("insecureValue" in inputs):
            raise CloudError(
                "Wrong number of values.", f"`{self.type}` takes one of `value`, `insecureValue`.", resource=self.type
            )

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        params = super().create_params(scope, inputs)
        params["Value"] = str(inputs.get("value", inputs.get("insecureValue")))
        params["Overwrite"] = bool(inputs.get("overwrite"))
        if params["Overwrite"]:
            params.pop("Tags", None)  # SSM takes either of them
        return params

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["arn"] = _arn(outputs)
        if "insecureValue" in outputs:
            outputs["value"] = outputs["insecureValue"]
        if outputs.get("overwrite") and outputs.get("tags") and self.tags:
            self.tags.sync(api, self.service, outputs, {}, outputs["tags"])

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("GetParameter", Name=outputs["name"], WithDecryption=True)
        return answer["Parameter"] if answer else None

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["value"] = item["Value"]
        if "insecureValue" in outputs:
            outputs["insecureValue"] = item["Value"]

    def update_params(self, scope: Scope, inputs: Props, outputs: Props) -> dict[str, Any]:
        params = self.create_params(scope, {key: value for key, value in inputs.items() if key != "tags"})
        return {**params, "Overwrite": True}

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "insecureValue" in changed and not (changed & {"value", "type", "description"}):
            inputs = {key: value for key, value in outputs.items() if self.honours(key) and key != "value"}
            answer = api("PutParameter", **self.update_params(scope, inputs, outputs))
            outputs["version"] = answer["Version"]
        if "insecureValue" in outputs:
            outputs["value"] = outputs["insecureValue"]


def _arn(outputs: Props) -> str:
    """A name that is a path brings its own slash."""
    return str(outputs["arn"]).replace("parameter//", "parameter/")
