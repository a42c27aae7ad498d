"""aws:cloudwatch/eventTarget:EventTarget."""

from __future__ import annotations

import secrets
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._shapes import Converter, input_shape
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

RENAMES = {
    "batchTarget": "BatchParameters",
    "ecsTarget": "EcsParameters",
    "httpTarget": "HttpParameters",
    "inputTransformer.inputPaths": "InputPathsMap",
    "kinesisTarget": "KinesisParameters",
    "sagemakerPipelineTarget": "SageMakerPipelineParameters",
    "sqsTarget": "SqsParameters",
    "targetId": "Id",
}
OUTSIDE = frozenset({"rule", "eventBusName", "forceDestroy", "region"})


class EventTarget(Resource):
    """PutTargets makes and changes, ListTargetsByRule, RemoveTargets. A read refreshes ARN, input and role."""

    type = "aws:cloudwatch/eventTarget:EventTarget"
    service = "events"
    create_op, read_op, delete_op = "PutTargets", "ListTargetsByRule", "RemoveTargets"
    extras = frozenset(
        {"arn", "deadLetterConfig", "input", "inputPath", "inputTransformer", "retryPolicy", "roleArn", "targetId"}
        | {key for key in RENAMES if "." not in key}
    )
    ignores = {"forceDestroy": "no rule here is managed by another service."}
    defaults = {"eventBusName": "default"}
    required = frozenset({"arn", "rule"})
    references = {"roleArn": "role"}
    name_input, prefix_input = "targetId", ""
    identity = ("eventBusName", "rule", "targetId")
    id_from = "id"
    formats = {"id": "{rule}-{targetId}"}
    read_key = {"Rule": "rule", "EventBusName": "eventBusName"}
    refreshed = {"arn": "Arn", "input": "Input", "roleArn": "RoleArn"}
    upserts = True
    create_calls = 2

    def auto_name(self, prefix: str) -> str:
        """Terraform's provider makes its target ids without the logical name."""
        return f"terraform-{secrets.token_hex(13)}"

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        self._target(inputs)

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        return {
            "Rule": inputs["rule"],
            "EventBusName": inputs["eventBusName"],
            "Targets": [self._target(inputs)],
        }

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        inputs = {key: value for key, value in outputs.items() if key != "id"}
        api("PutTargets", **self.create_params(scope, inputs))

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe("ListTargetsByRule", **self._keys(self.read_key, outputs)) or {}
        return next((t for t in answer.get("Targets", []) if t["Id"] == outputs["targetId"]), None)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe("RemoveTargets", **self._keys(self.read_key, outputs), Ids=[outputs["targetId"]])

    def _target(self, inputs: Props) -> Any:
        shape = input_shape("events", "PutTargets").members["Targets"].member
        inside = {key: value for key, value in inputs.items() if key not in OUTSIDE}
        converted = {}
        converter = Converter(self.type, RENAMES)
        for key, value in inside.items():
            member = converter.member(shape, key)
            if member:
                converted[member] = converter.convert(shape.members[member], value, key)
        return converted
