"""Alarms that change state and tell: evaluated when a metric they watch is published, and every few seconds."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mlops_iac.cloud.news import News
from mlops_iac.cloud.telemetry.evaluation import Point, Rule, State, evaluate, find_refusal, values_of
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at all alarms: how late one sees that data stopped coming."""

_ACTIONS: Final = {"ALARM": "alarm_actions", "INSUFFICIENT_DATA": "insufficient_data_actions", "OK": "ok_actions"}


def install(gateway: Gateway) -> None:
    alarms = Alarms(gateway)
    gateway.on_published(alarms.look)
    gateway.before("cloudwatch", "SetAlarmState", alarms.remember)
    gateway.after("cloudwatch", "SetAlarmState", alarms.after_set)
    gateway.after("cloudwatch", "PutMetricAlarm", lambda call: alarms.look(call.account_id, call.region))
    gateway.after("cloudwatch", "PutMetricData", lambda call: alarms.look(call.account_id, call.region))
    gateway.on_start(alarms.start)
    gateway.on_moved(alarms.look_at_all)
    gateway.on_stop(alarms.stopped.set)


class Alarms:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.stopped = threading.Event()
        self._before: dict[tuple[str, str, str], str] = {}

    def start(self) -> None:
        threading.Thread(target=self._keep_looking, name="alarms", daemon=True).start()

    def look(self, account_id: str, region: str, published: set[tuple[str, str]] | None = None) -> None:
        """Evaluate the alarms of a region; ``published`` narrows them to those that watch one of these metrics."""
        changed = []
        with self._gateway.locked("cloudwatch"):
            backend = _backend(account_id, region)
            for alarm in list(backend.alarms.values()) if backend else ():
                if published is None or (alarm.namespace, alarm.metric_name) in published:
                    before = alarm.state_value
                    self._evaluate(backend, alarm)
                    if alarm.state_value != before:
                        changed.append((alarm, before))
        for alarm, before in changed:
            self._tell(account_id, region, alarm, before)

    def remember(self, call: Call) -> None:
        with self._gateway.locked("cloudwatch"):
            alarm = self._find(call)
            if alarm is not None:
                self._before[call.account_id, call.region, alarm.name] = alarm.state_value

    def after_set(self, call: Call) -> None:
        """A state that a person set acts as one that was found, until the next look."""
        alarm = self._find(call)
        before = self._before.pop((call.account_id, call.region, call.params["AlarmName"]), None)
        if alarm is not None and before is not None and before != alarm.state_value:
            self._tell(call.account_id, call.region, alarm, before)

    def _find(self, call: Call) -> Any:
        backend = _backend(call.account_id, call.region)
        return backend.alarms.get(call.params["AlarmName"]) if backend else None

    def _keep_looking(self) -> None:
        while not self.stopped.wait(LOOK_EVERY):
            if self._gateway.ready.is_set():
                self.look_at_all()

    def look_at_all(self) -> None:
        for account_id, region in _places():
            with contextlib.suppress(KeyError):  # the cloud is being emptied
                self.look(account_id, region)

    def _evaluate(self, backend: Any, alarm: Any) -> None:
        """Set the alarm's state; the caller holds the lock."""
        rule = _rule(alarm)
        refused = "" if rule is None else find_refusal(rule)
        if rule is None or refused:
            what = refused or ("a composite rule" if alarm.rule else "metric math and anomaly detection")
            _set(alarm, "INSUFFICIENT_DATA", f"The embedded cloud does not evaluate {what}.")
            return
        points = list(_points(backend, alarm, since=time.time() - rule.period * (rule.periods + 1)))
        state, reason = evaluate(rule, points, time.time(), alarm.state_value)
        _set(alarm, state, reason)

    def _tell(self, account_id: str, region: str, alarm: Any, before: str) -> None:
        log.info("Alarm %s is %s: %s", alarm.name, alarm.state_value, alarm.state_reason)
        self._gateway.touch()
        facts = {"alarm": alarm, "before": before}
        self._gateway.tell_news(News(kind="alarm", account_id=account_id, region=region, facts=facts))
        if alarm.actions_enabled:
            body = json.dumps(_message(account_id, region, alarm, before))
            for arn in getattr(alarm, _ACTIONS[alarm.state_value]) or ():
                threading.Thread(target=self._act, args=(account_id, region, arn, alarm, body), daemon=True).start()

    def _act(self, account_id: str, region: str, arn: str, alarm: Any, body: str) -> None:
        clients, who = self._gateway.clients(region, account_id), "cloudwatch.amazonaws.com"
        service = arn.split(":")[2]
        try:
            if service == "sns":
                self._gateway.roles.require_by_policy(who, "sns:Publish", arn, alarm.alarm_arn)
                subject = f'{alarm.state_value}: "{alarm.name}" in {region}'[:100]
                clients("sns").publish(TopicArn=arn, Subject=subject, Message=body)
            elif service == "lambda":
                who = "lambda.alarms.cloudwatch.amazonaws.com"
                self._gateway.roles.require_by_policy(who, "lambda:InvokeFunction", arn, alarm.alarm_arn)
                clients("lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=body.encode())
            elif service != "autoscaling":  # that looks at its alarms itself, as long as they ring
                log.warning("Alarm %s: the embedded cloud does not offer the action %s.", alarm.name, arn)
        except Exception as error:
            log.warning("Alarm %s: its action %s failed: %s", alarm.name, arn, error)


class Ringing(NamedTuple):
    """An alarm that is in ALARM, as who acts on it needs it."""

    name: str
    threshold: float
    values: list[float]
    """Of the periods that it looks at, the newest last."""


def find_ringing(gateway: Gateway, account_id: str, region: str, action: str) -> list[Ringing]:
    """The alarms that name an action, and are in ALARM."""
    found = []
    with gateway.locked("cloudwatch"):
        backend = _backend(account_id, region)
        for alarm in list(backend.alarms.values()) if backend else ():
            rings = alarm.state_value == "ALARM" and alarm.actions_enabled and action in (alarm.alarm_actions or ())
            rule = _rule(alarm) if rings else None
            if rule is not None:
                points = list(_points(backend, alarm, since=time.time() - rule.period * (rule.periods + 1)))
                found.append(Ringing(alarm.name, rule.threshold, values_of(rule, points, time.time())))
    return found


def _backend(account_id: str, region: str) -> Any:
    """None while nobody has used CloudWatch: its import is not paid for nothing."""
    if "moto.cloudwatch.models" not in sys.modules:
        return None
    from moto.cloudwatch.models import cloudwatch_backends

    return cloudwatch_backends[account_id][region]


def _places() -> list[tuple[str, str]]:
    if "moto.cloudwatch.models" not in sys.modules:
        return []
    from moto.cloudwatch.models import cloudwatch_backends

    return [
        (account_id, region) for account_id, region, backend in cloudwatch_backends.iter_backends() if backend.alarms
    ]


def _rule(alarm: Any) -> Rule | None:
    """What it compares; None for metric math, anomaly bands and composite alarms."""
    if alarm.metric_data_queries or alarm.rule or not alarm.metric_name or alarm.threshold_metric_id:
        return None
    periods = int(alarm.evaluation_periods)
    return Rule(
        statistic=alarm.statistic or alarm.extended_statistic or "Average",
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        period=int(alarm.period),
        periods=periods,
        to_alarm=int(alarm.datapoints_to_alarm or periods),
        missing=alarm.treat_missing_data or "missing",
    )


def _points(backend: Any, alarm: Any, since: float) -> Iterator[Point]:
    """The newest data first, until they are too old: data points are kept in the order they came."""
    wanted = {(dimension.name, dimension.value) for dimension in alarm.dimensions}
    for datum in reversed(backend.metric_data):
        at = _seconds(datum.timestamp)
        if at < since - 3600:  # a late data point may lie behind newer ones
            return
        is_same = datum.namespace == alarm.namespace and datum.name == alarm.metric_name
        if at >= since and is_same and {(d.name, d.value) for d in datum.dimensions} == wanted:
            if hasattr(datum, "value"):
                yield Point(at, datum.value)
            else:
                yield Point(at, datum.sum, datum.sample_count, datum.min, datum.max)


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _set(alarm: Any, state: State, reason: str) -> None:
    if state != alarm.state_value or alarm.state_reason.startswith("Unchecked"):
        alarm.update_state(reason or alarm.state_reason, "{}", state)


def _message(account_id: str, region: str, alarm: Any, before: str) -> dict[str, Any]:
    """What CloudWatch publishes to a topic."""
    trigger = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Statistic": (alarm.statistic or alarm.extended_statistic or "").upper(),
        "Dimensions": [{"name": d.name, "value": d.value} for d in alarm.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
    }
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account_id,
        "AlarmArn": alarm.alarm_arn,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000+0000}",
        "Region": region,
        "OldStateValue": before,
        "Trigger": trigger,
    }
