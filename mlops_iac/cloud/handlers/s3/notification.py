"""aws:s3/bucketNotification:BucketNotification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers.s3._part import BucketPart
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props

KINDS = {
    "lambdaFunctions": ("LambdaFunctionConfigurations", "lambdaFunctionArn", "LambdaFunctionArn"),
    "queues": ("QueueConfigurations", "queueArn", "QueueArn"),
    "topics": ("TopicConfigurations", "topicArn", "TopicArn"),
}


class BucketNotification(BucketPart):
    """PutBucketNotificationConfiguration with everything; a delete puts an empty one. A read sees whether the
    bucket exists and how many targets of each kind there are: moto does not answer ``eventbridge``."""

    type = "aws:s3/bucketNotification:BucketNotification"
    create_op, read_op = "PutBucketNotificationConfiguration", "GetBucketNotificationConfiguration"
    ignores = {}
    required = frozenset({"bucket"})
    extras = frozenset({"eventbridge", *KINDS})

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        wanted: dict[str, Any] = {"EventBridgeConfiguration": {}} if inputs.get("eventbridge") else {}
        for key, (member, arn, arn_member) in KINDS.items():
            if inputs.get(key):
                wanted[member] = [_target(target, arn, arn_member) for target in inputs[key]]
        return {
            "Bucket": inputs["bucket"],
            "NotificationConfiguration": wanted,
            "SkipDestinationValidation": True,
        }

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        return api.maybe(self.read_op, Bucket=outputs["bucket"])

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        for key, (member, arn, arn_member) in KINDS.items():
            found = [entry[arn_member] for entry in item.get(member) or []]
            known = outputs.get(key) or []
            if sorted(found) != sorted(target[arn] for target in known):
                outputs[key] = [target for target in known if target[arn] in found]

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        api.maybe(self.create_op, Bucket=outputs["bucket"], NotificationConfiguration={})


def _target(target: Mapping[str, Any], arn: str, arn_member: str) -> dict[str, Any]:
    converted: dict[str, Any] = {arn_member: target[arn], "Events": list(target["events"])}
    if target.get("id"):
        converted["Id"] = target["id"]
    rules = [
        {"Name": name, "Value": target[key]}
        for key, name in (("filterPrefix", "prefix"), ("filterSuffix", "suffix"))
        if target.get(key)
    ]
    if rules:
        converted["Filter"] = {"Key": {"FilterRules": rules}}
    return converted
