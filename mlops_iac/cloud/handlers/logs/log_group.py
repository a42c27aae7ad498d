"""aws:cloudwatch/logGroup:LogGroup."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import UNKNOWN, Props

RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""What PutRetentionPolicy takes; 0 is Pulumi's word for "for ever"."""


class LogGroup(Resource):
    """CreateLogGroup and PutRetentionPolicy; a read is DescribeLogGroups and its tags, and refreshes retention.
    ``logGroupClass`` and a change of ``kmsKeyId`` are kept in state only, because moto drops the one and has no
    AssociateKmsKey for the other. Nothing expires here."""

    type = "aws:cloudwatch/logGroup:LogGroup"
    service = "logs"
    create_op, read_op, delete_op = "CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup"
    renames = {"name": "logGroupName"}
    extras = frozenset({"retentionInDays", "skipDestroy"})
    defaults = {"retentionInDays": 0, "skipDestroy": False}
    name_limit = 512
    replace_on = frozenset({"logGroupClass"})
    references = {"kmsKeyId": "key"}
    key = {"logGroupName": "name"}
    read_key = {"logGroupNamePrefix": "name"}
    read_item = "logGroups[?logGroupName=='{name}'] | [0]"
    formats = {"arn": "arn:{partition}:logs:{region}:{account}:log-group:{name}"}
    tags = TagCalls(key=("resourceArn", "arn"), list="ListTagsForResource", answer="tags")
    later = frozenset({"retentionInDays"})
    create_calls = 3

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        days = inputs["retentionInDays"]
        if days is not UNKNOWN and int(days) not in (0, *RETENTION_DAYS):
            allowed = ", ".join(str(day) for day in RETENTION_DAYS)
            raise CloudError(
                "Value not allowed.",
                f"`{self.type}.retentionInDays` is {days}; allowed: {allowed}, and 0 for ever.",
                resource=self.type,
            )

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        if outputs["retentionInDays"]:
            self._keep_for(api, outputs)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["retentionInDays"] = item.get("retentionInDays", 0)

    def change(self, api: Api, scope: Scope, changed: frozenset[str], old: Props, outputs: dict[str, Any]) -> None:
        if "retentionInDays" in changed and outputs.get("retentionInDays"):
            self._keep_for(api, outputs)
        elif "retentionInDays" in changed:
            api("DeleteRetentionPolicy", logGroupName=outputs["name"])

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        if not outputs.get("skipDestroy"):
            super().remove(api, scope, outputs)

    def _keep_for(self, api: Api, outputs: Props) -> None:
        api("PutRetentionPolicy", logGroupName=outputs["name"], retentionInDays=int(outputs["retentionInDays"]))
