"""Rules of EventBridge with a rate or cron expression. They go by UTC, and a rate counts from when the rule was put.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.delivery import Sender, deliver
from mlops_iac.cloud.moto_patches.events import make_input
from mlops_iac.cloud.schedules.planned import Planned
from mlops_iac.cloud.schedules.scheduler import scheduled_event
from mlops_iac.cloud.wire import AwsError, Call
from mlops_iac.core.schedules import parse_rule

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


def remember_rules(gateway: Gateway) -> None:
    """moto forgets when a rule was put, and takes any expression."""
    gateway.before("events", "PutRule", _check)
    gateway.after("events", "PutRule", lambda call: _remember(gateway, call))


def _check(call: Call) -> None:
    try:
        if call.params.get("ScheduleExpression"):
            parse_rule(call.params["ScheduleExpression"])
    except ValueError as error:
        raise AwsError("ValidationException", f"Parameter ScheduleExpression is not valid: {error}.") from error


def _remember(gateway: Gateway, call: Call) -> None:
    expression = call.params.get("ScheduleExpression")
    known = gateway.store["rules"]
    key = (call.account_id, call.region, call.params["Name"])
    if not expression:
        known.pop(key, None)
    elif known.get(key, ("",))[0] != expression:
        known[key] = (expression, datetime.now(UTC).timestamp())


def planned_rules(gateway: Gateway) -> Iterator[Planned]:
    """The enabled rules of all accounts and regions that have a schedule."""
    if "moto.events.models" not in sys.modules:
        return
    from moto.events.models import events_backends

    with gateway.locked("events"):
        found = [
            rule
            for _, _, backend in events_backends.iter_backends()
            for rule in backend.event_buses["default"].rules.values()
            if rule.scheduled_expression and rule.state != "DISABLED"
        ]
    for rule in found:
        put = gateway.store["rules"].get((rule.account_id, rule.region_name, rule.name))
        if put is not None:
            yield _planned(gateway, rule, put[1])


def _planned(gateway: Gateway, rule: Any, put: float) -> Planned:
    schedule, since = parse_rule(rule.scheduled_expression), datetime.fromtimestamp(put, UTC)

    def fire(moment: datetime) -> None:
        id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{rule.arn}@{moment.isoformat()}"))
        event = scheduled_event(rule.arn, moment, id, "aws.events", {})
        sender = Sender(service="events", source_arn=rule.arn, region=rule.region_name)
        for target in list(rule.targets):
            deliver(gateway, sender, target, make_input(target, event), id)

    return Planned(
        arn=rule.arn,
        schedule=schedule,
        since=since + schedule.every if schedule.every else since,
        fire=fire,
    )
