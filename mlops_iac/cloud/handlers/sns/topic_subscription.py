"""aws:sns/topicSubscription:TopicSubscription."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.values.value import Props

ATTRIBUTES = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "subscriptionRoleArn": "SubscriptionRoleArn",
}
PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")


class TopicSubscription(Resource):
    """Subscribe, GetSubscriptionAttributes, SetSubscriptionAttributes, Unsubscribe. Nobody confirms by e-mail
    here: every subscription is confirmed at once, and no e-mail or message leaves this machine."""

    type = "aws:sns/topicSubscription:TopicSubscription"
    service = "sns"
    create_op, read_op, delete_op = "Subscribe", "GetSubscriptionAttributes", "Unsubscribe"
    renames = {"topic": "TopicArn"}
    documents = frozenset({"deliveryPolicy", "filterPolicy", "redrivePolicy"})
    extras = frozenset(ATTRIBUTES)
    ignores = {
        "confirmationTimeoutInMinutes": "subscriptions are confirmed at once.",
        "endpointAutoConfirms": "subscriptions are confirmed at once.",
    }
    required = frozenset({"endpoint", "protocol", "topic"})
    defaults = {"rawMessageDelivery": False}
    choices = {"protocol": PROTOCOLS}
    fixed = {"ReturnSubscriptionArn": True}
    name_input = ""
    identity = ("topic", "protocol", "endpoint")
    id_from = "arn"
    key = {"SubscriptionArn": "arn"}
    computed = {"arn": "SubscriptionArn"}
    initial = {"confirmationWasAuthenticated": False, "pendingConfirmation": False}
    read_item = "Attributes"
    refreshed = {"filterPolicy": "FilterPolicy", "rawMessageDelivery": "RawMessageDelivery"}
    upserts = True

    def create_params(self, scope: Scope, inputs: Props) -> dict[str, Any]:
        wanted = {member: _text(inputs[key]) for key, member in ATTRIBUTES.items() if inputs.get(key)}
        return {**super().create_params(scope, inputs), **({"Attributes": wanted} if wanted else {})}

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["ownerId"] = scope.account_id
        outputs["rawMessageDelivery"] = str(item.get("RawMessageDelivery", "false")).lower() == "true"

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        api, page = self.api(scope, inputs), {"NextToken": ""}
        while page:
            token = {"NextToken": page["NextToken"]} if page["NextToken"] else {}
            answer = api.maybe("ListSubscriptionsByTopic", TopicArn=inputs["topic"], **token) or {}
            for found in answer.get("Subscriptions", []):
                if (found["Protocol"], found["Endpoint"]) == (inputs["protocol"], inputs["endpoint"]):
                    return self.read(scope, found["SubscriptionArn"], inputs)
            page = {"NextToken": answer["NextToken"]} if answer.get("NextToken") else {}
        return None

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        for key in sorted(changed & ATTRIBUTES.keys()):
            value = _text(outputs[key]) if outputs.get(key) is not None else "{}"
            name = ATTRIBUTES[key]
            api("SetSubscriptionAttributes", SubscriptionArn=outputs["arn"], AttributeName=name, AttributeValue=value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
