"""aws:sns/topicPolicy:TopicPolicy."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class TopicPolicy(Resource):
    """SetTopicAttributes with the attribute Policy; a delete puts the policy that AWS gives a new topic. Kept,
    not enforced."""

    type = "aws:sns/topicPolicy:TopicPolicy"
    service = "sns"
    create_op, read_op, update_op = "SetTopicAttributes", "GetTopicAttributes", "SetTopicAttributes"
    renames = {"arn": "TopicArn", "policy": "AttributeValue"}
    fixed = {"AttributeName": "Policy"}
    documents = frozenset({"policy"})
    required = frozenset({"arn", "policy"})
    name_input = ""
    identity = ("arn",)
    id_from = "arn"
    key = {"TopicArn": "arn"}
    read_item = "Attributes"
    refreshed = {"policy": "Policy"}
    upserts = True

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["owner"] = scope.account_id

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["owner"] = scope.account_id

    def fetch(self, api: Api, scope: Scope, outputs: Props) -> Any:
        """A topic always has a policy; one that is AWS's default counts as none."""
        item = super().fetch(api, scope, outputs)
        policy = read_json(item["Policy"]) if item and item.get("Policy") else {}
        return None if policy.get("Id") == "__default_policy_ID" else item

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        default = json.dumps(_default_policy(outputs["arn"], scope.account_id))
        api.maybe("SetTopicAttributes", TopicArn=outputs["arn"], AttributeName="Policy", AttributeValue=default)


def _default_policy(arn: str, account: str) -> dict[str, Any]:
    """What AWS gives every new topic (Amazon SNS developer guide, "Default access policy")."""
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "SNS:GetTopicAttributes",
                    "SNS:SetTopicAttributes",
                    "SNS:AddPermission",
                    "SNS:RemovePermission",
                    "SNS:DeleteTopic",
                    "SNS:Subscribe",
                    "SNS:ListSubscriptionsByTopic",
                    "SNS:Publish",
                ],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
            }
        ],
    }
