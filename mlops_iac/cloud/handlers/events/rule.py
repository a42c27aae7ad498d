"""aws:cloudwatch/eventRule:EventRule."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._api import Api
from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.cloud.handlers._tags import TagCalls
from mlops_iac.core.errors import CloudError
from mlops_iac.core.schedules import parse_rule
from mlops_iac.engine.handler import Scope
from mlops_iac.engine.values.value import Props


class EventRule(Resource):
    """PutRule makes and changes, DescribeRule, DeleteRule. A read refreshes pattern, schedule, state and tags. A
    rule with targets that are not resources of the stack is refused on delete unless ``forceDestroy`` removes
    them."""

    type = "aws:cloudwatch/eventRule:EventRule"
    service = "events"
    create_op, read_op, update_op, delete_op = "PutRule", "DescribeRule", "PutRule", "DeleteRule"
    documents = frozenset({"eventPattern"})
    extras = frozenset({"forceDestroy", "isEnabled"})
    defaults = {"eventBusName": "default", "forceDestroy": False}
    references = {"roleArn": "role"}
    name_limit = 64
    identity = ("eventBusName", "name")
    id_from = "id"
    key = {"Name": "name", "EventBusName": "eventBusName"}
    computed = {"arn": "RuleArn || Arn"}
    refreshed = {
        "description": "Description",
        "eventPattern": "EventPattern",
        "scheduleExpression": "ScheduleExpression",
        "state": "State",
    }
    tags = TagCalls(key=("ResourceARN", "arn"), list="ListTagsForResource")
    upserts = True
    create_calls = 2

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        if "eventPattern" not in inputs and "scheduleExpression" not in inputs:
            raise CloudError(
                "Missing property.", f"`{self.type}` needs `eventPattern` or `scheduleExpression`.", resource=self.type
            )
        expression = inputs.get("scheduleExpression")
        if isinstance(expression, str):
            try:
                parse_rule(expression)
            except ValueError as error:
                detail = f"`{self.type}.scheduleExpression` is `{expression}`: {error}."
                raise CloudError("Not a schedule.", detail, resource=self.type) from None
        if "state" not in inputs:
            inputs["state"] = "DISABLED" if inputs.get("isEnabled") is False else "ENABLED"

    def finish(self, api: Api, scope: Scope, outputs: dict[str, Any]) -> None:
        outputs["id"] = _id(outputs)

    def refresh(self, api: Api, scope: Scope, item: Any, outputs: dict[str, Any]) -> None:
        outputs["id"] = _id(outputs)

    def remove(self, api: Api, scope: Scope, outputs: Props) -> None:
        who = {"EventBusName": outputs["eventBusName"]}
        if outputs.get("forceDestroy"):
            answer = api.maybe("ListTargetsByRule", Rule=outputs["name"], **who) or {}
            ids = [target["Id"] for target in answer.get("Targets", [])]
            if ids:
                api("RemoveTargets", Rule=outputs["name"], Ids=ids, **who)
        super().remove(api, scope, outputs)


def _id(outputs: Props) -> str:
    """The name alone on the default bus, ``<bus>/<name>`` on others."""
    bus, name = outputs["eventBusName"], outputs["name"]
    return str(name) if bus == "default" else f"{bus}/{name}"
