"""aws:scheduler/schedule:Schedule."""

from __future__ import annotations

from typing import Any

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.core.schedules import FORMS, find_zone
from mlops_iac.core.schedules import Schedule as Expression
from mlops_iac.engine.handler import Scope


class Schedule(Resource):
    """CreateSchedule, GetSchedule, UpdateSchedule, DeleteSchedule. A read refreshes expression, state,
    description and time zone. The expression's form and the target's role are checked here, because moto accepts
    anything."""

    type = "aws:scheduler/schedule:Schedule"
    service = "scheduler"
    create_op, read_op, update_op, delete_op = "CreateSchedule", "GetSchedule", "UpdateSchedule", "DeleteSchedule"
    required = frozenset({"flexibleTimeWindow", "scheduleExpression", "target"})
    defaults = {"groupName": "default", "scheduleExpressionTimezone": "UTC", "state": "ENABLED"}
    references = {"target.roleArn": "role", "kmsKeyArn": "key"}
    name_limit = 64
    identity = ("groupName", "name")
    id_from = "id"
    key = {"GroupName": "groupName", "Name": "name"}
    computed = {"arn": "ScheduleArn || Arn"}
    formats = {"id": "{groupName}/{name}"}
    refreshed = {
        "description": "Description",
        "scheduleExpression": "ScheduleExpression",
        "scheduleExpressionTimezone": "ScheduleExpressionTimezone",
        "state": "State",
    }
    create_calls = 3

    def validate(self, scope: Scope, inputs: dict[str, Any]) -> None:
        expression, zone = inputs["scheduleExpression"], inputs["scheduleExpressionTimezone"]
        if isinstance(expression, str):
            try:
                Expression.parse(expression)
            except ValueError as error:
                detail = f"`{self.type}.scheduleExpression` is `{expression}`: {error}."
                raise CloudError("Not a schedule.", detail, hint=f"it may be {FORMS}.", resource=self.type) from None
        if isinstance(zone, str) and find_zone(zone) is None:
            detail = f"`{self.type}.scheduleExpressionTimezone` is `{zone}`; it may be a name such as `Europe/Berlin`."
            raise CloudError("Not a time zone.", detail, resource=self.type)
