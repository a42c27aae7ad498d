"""aws:sns/topic:Topic."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._shapes import settle
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "fifoTopic": "FifoTopic",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}


class Topic(Resource):
    """CreateTopic with its attributes, GetTopicAttributes, SetTopicAttributes for each that changes,
    DeleteTopic. A read refreshes display name, key and tags. Delivery feedback (``…FeedbackRoleArn``) is
    refused: nothing leaves this machine."""

    type = "aws:sns/topic:Topic"
    service = "sns"
    create_op, read_op, delete_op = "CreateTopic", "GetTopicAttributes", "DeleteTopic"
    documents = frozenset({"deliveryPolicy", "policy"})
    extras = frozenset(ATTRIBUTES)
    references = {"kmsMasterKeyId": "key"}
    name_limit = 256
    replace_on = frozenset({"fifoTopic"})
    id_from = "arn"
    key = {"TopicArn": "arn"}
    computed = {"arn": "TopicArn"}
    read_item = "Attributes"
    formats = {"arn": "arn:{partition}:sns:{region}:{account}:{name}"}
    refreshed = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"}
    tags = TagCalls(list="ListTagsForResource")
    upserts = True
    create_calls = 2

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        wanted = {member: _text(inputs[key]) for key, member in ATTRIBUTES.items() if inputs.get(key) is not None}
        return {**super().create_params(scope, inputs), "Attributes": wanted}

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["owner"] = scope.account_id

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["owner"] = scope.account_id
        if outputs.get("displayName") == "":
            outputs.pop("displayName")
        if outputs.get("policy"):
            outputs["policy"] = settle(outputs["policy"], item.get("Policy"))

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        for key in sorted(changed & ATTRIBUTES.keys()):
            value = _text(outputs[key]) if outputs.get(key) is not None else ""
            api("SetTopicAttributes", TopicArn=outputs["arn"], AttributeName=ATTRIBUTES[key], AttributeValue=value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
