"""aws:scheduler/schedule:Schedule."""

from __future__ import annotations

import re
from typing import Any

from mlops_iac.cloud.handlers._base import Resource
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.handler import Scope

EXPRESSION = re.compile(r"rate\(\d+ (minute|hour|day)s?\)|cron\((\S+ ){5}\S+\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")
"""The three forms of a schedule expression (EventBridge Scheduler user guide, "Schedule types")."""


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
        expression = inputs["scheduleExpression"]
        if isinstance(expression, str) and not EXPRESSION.fullmatch(expression):
            raise CloudError(
                "Not a schedule.",
                f"`{self.type}.scheduleExpression` is `{expression}`; it may be `rate(1 day)`, "
                "`cron(0 6 * * ? *)` or `at(2026-01-31T06:00:00)`.",
                resource=self.type,
            )
