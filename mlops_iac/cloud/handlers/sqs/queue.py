"""aws:sqs/queue:Queue."""

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
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}
SECONDS = ("delaySeconds", "messageRetentionSeconds", "receiveWaitTimeSeconds", "visibilityTimeoutSeconds")


class Queue(Resource):
    """CreateQueue with its attributes, GetQueueAttributes, SetQueueAttributes with all that change, DeleteQueue. A
    read refreshes the key, the seconds and tags. The URL is AWS's own, so that it outlives this cloud's port."""

    type = "aws:sqs/queue:Queue"
    service = "sqs"
    create_op, read_op, delete_op = "CreateQueue", "GetQueueAttributes", "DeleteQueue"
    renames = {"name": "QueueName"}
    documents = frozenset({"policy", "redriveAllowPolicy", "redrivePolicy"})
    extras = frozenset(ATTRIBUTES)
    references = {"kmsMasterKeyId": "key"}
    name_limit = 80
    replace_on = frozenset({"fifoQueue"})
    id_from = "url"
    key = {"QueueUrl": "url"}
    read_item = "Attributes"
    formats = {
        "arn": "arn:{partition}:sqs:{region}:{account}:{name}",
        "url": "https://sqs.{region}.amazonaws.com/{account}/{name}",
    }
    refreshed = {"kmsMasterKeyId": "KmsMasterKeyId"}
    create_calls = 2
    tags = TagCalls(key=("QueueUrl", "url"), put="TagQueue", take="UntagQueue", list="ListQueueTags")

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        wanted = {member: _text(inputs[key]) for key, member in ATTRIBUTES.items() if inputs.get(key) is not None}
        return {**super().create_params(scope, inputs), "Attributes": wanted}

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        answer = api.maybe(self.read_op, QueueUrl=outputs["url"], AttributeNames=["All"])
        return None if answer is None else answer["Attributes"]

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        for key in SECONDS:
            if key in outputs and ATTRIBUTES[key] in item:
                outputs[key] = int(item[ATTRIBUTES[key]])
        if outputs.get("policy"):
            outputs["policy"] = settle(outputs["policy"], item.get("Policy"))

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        wanted = {
            ATTRIBUTES[key]: _text(outputs[key]) if outputs.get(key) is not None else ""
            for key in sorted(changed & ATTRIBUTES.keys())
        }
        if wanted:
            api("SetQueueAttributes", QueueUrl=outputs["url"], Attributes=wanted)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
