"""EventBridge Scheduler's schedules: what is enabled, and what each sends to its target.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.delivery import Sender, deliver
from mlops_iac.cloud.schedules.planned import Planned
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.schedules import Schedule, find_zone

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def check_schedules(gateway: Gateway) -> None:
    """moto takes any expression and any time zone."""
    gateway.before("scheduler", "CreateSchedule", _check)
    gateway.before("scheduler", "UpdateSchedule", _check)


def _check(call: Call) -> None:
    expression = call.params["ScheduleExpression"]
    try:
        Schedule.parse(expression)
    except ValueError as error:
        raise AwsError("ValidationException", f"Invalid Schedule Expression {expression}: {error}.") from error
    zone = call.params.get("ScheduleExpressionTimezone") or "UTC"
    if find_zone(zone) is None:
        raise AwsError("ValidationException", f"The ScheduleExpressionTimezone {zone} is not supported.")


def planned_schedules(gateway: Gateway) -> Iterator[Planned]:
    """The enabled schedules of all accounts and regions. One with an expression or a zone that nobody understands was
    made elsewhere, and never fires."""
    if "moto.scheduler.models" not in sys.modules:
        return
    from moto.scheduler.models import scheduler_backends

    with gateway.locked("scheduler"):
        found = [
            (region, schedule)
            for _, region, backend in scheduler_backends.iter_backends()
            for group in backend.schedule_groups.values()
            for schedule in group.schedules.values()
            if schedule.state == "ENABLED"
        ]
    for region, schedule in found:
        zone = find_zone(schedule.schedule_expression_timezone)
        try:
            expression = Schedule.parse(schedule.schedule_expression)
        except ValueError:
            continue
        if zone is not None:
            yield _planned(gateway, region, schedule, expression, zone)


def _planned(gateway: Gateway, region: str, schedule: Any, expression: Schedule, zone: Any) -> Planned:
    def fire(moment: datetime) -> None:
        _fire(gateway, region, schedule, moment)
        if expression.once and schedule.action_after_completion == "DELETE":
            _delete(gateway, region, schedule)

    created = datetime.fromtimestamp(schedule.creation_date, UTC)
    starts = None if expression.once else _moment(schedule.start_date)
    return Planned(
        arn=schedule.arn,
        schedule=expression,
        since=max(created, starts) if starts else created,
        zone=zone,
        until=None if expression.once else _moment(schedule.end_date),
        fire=fire,
    )


def _fire(gateway: Gateway, region: str, schedule: Any, moment: datetime) -> None:
    """Execution ids follow from the moment: one that is fired again after a crash is known as the same."""
    execution = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{schedule.arn}@{moment.isoformat()}"))
    group = schedule.arn.rpartition("/")[0].replace(":schedule/", ":schedule-group/")
    sender = Sender(service="scheduler", source_arn=group, region=region)
    deliver(gateway, sender, schedule.target, _body(schedule, moment, execution), execution)


def _body(schedule: Any, moment: datetime, execution: str) -> str:
    given = schedule.target.get("Input")
    if not given:
        return json.dumps(scheduled_event(schedule.arn, moment, execution, "aws.scheduler", "{}"))
    words = {
        "schedule-arn": schedule.arn,
        "scheduled-time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "execution-id": execution,
        "attempt-number": "1",
    }
    for word, value in words.items():
        given = given.replace(f"<aws.scheduler.{word}>", value)
    return str(given)


def scheduled_event(arn: str, moment: datetime, id: str, source: str, detail: Any) -> dict[str, Any]:
    """What a target without an input of its own is sent."""
    return {
        "version": "0",
        "id": id,
        "detail-type": "Scheduled Event",
        "source": source,
        "account": arn.split(":")[4],
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "region": arn.split(":")[3],
        "resources": [arn],
        "detail": detail,
    }


def _delete(gateway: Gateway, region: str, schedule: Any) -> None:
    """ActionAfterCompletion: it did what it was for."""
    from moto.scheduler.models import scheduler_backends

    with gateway.locked("scheduler"):
        backend = scheduler_backends[schedule.arn.split(":")[4]][region]
        group = backend.schedule_groups.get(schedule.group_name)
        if group and group.schedules.get(schedule.name) is schedule:
            group.delete_schedule(schedule.name)


def _moment(value: Any) -> datetime | None:
    """A date as moto keeps it: seconds, or text."""
    if not value:
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
