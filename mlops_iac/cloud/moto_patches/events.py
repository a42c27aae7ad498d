"""EventBridge: rules that deliver to SNS, Step Functions, Lambda, Kinesis, SQS, SageMaker pipelines and Batch.

In moto such a rule makes PutEvents itself fail, an input transformer crashes, ``Input`` and ``InputPath`` are ignored,
and disabled rules fire. Delivery is asynchronous here, as on AWS; one that fails is logged.

Rules with a rate or cron expression, and EventBridge Scheduler's schedules, fire by `mlops_iac/cloud/schedules`. What
services send of their own is in `mlops_iac/cloud/telemetry/events.py`.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.delivery import Sender, deliver

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_MOTOS_OWN: Final = ("logs", "events")
"""Log groups, archives and other buses are delivered to by moto itself."""


def apply(gateway: Gateway) -> None:
    gateway.when_used("events", lambda: _patch_rules(gateway))
    gateway.when_used("s3", lambda: _patch_rules(gateway))  # S3 notifications reach rules without a call to events


def _patch_rules(gateway: Gateway) -> None:
    from moto.events.models import Rule

    original = getattr(Rule.send_to_targets, "original", Rule.send_to_targets)

    def send_to_targets(self: Any, original_event: dict[str, Any], transform_input: bool = True) -> None:
        if self.state == "DISABLED" or not self.event_pattern.matches_event(original_event):
            return
        event = _readable(original_event)
        for target in list(self.targets):
            arn = target["Arn"].split(":")
            if arn[2] in _MOTOS_OWN:
                _let_moto_send(self, target, original, original_event, transform_input)
                continue
            sender = Sender(service="events", source_arn=self.arn, region=self.region_name)
            arguments = (gateway, sender, target, make_input(target, event), str(event["id"]))
            threading.Thread(target=deliver, args=arguments, daemon=True).start()

    send_to_targets.original = original  # type: ignore[attr-defined]
    Rule.send_to_targets = send_to_targets


def _let_moto_send(rule: Any, target: Any, original: Any, event: Any, transform_input: bool) -> None:
    everybody, rule.targets = rule.targets, [target]
    try:
        original(rule, event, transform_input)
    finally:
        rule.targets = everybody


def _readable(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event as targets see it: moto keeps its time as a number."""
    shown = {key: value for key, value in event.items() if key != "ingestion-time"}
    if isinstance(shown.get("time"), int | float):
        shown["time"] = datetime.fromtimestamp(shown["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return shown


# What a target gets -------------------------------------------------------------------------------------------------


def make_input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The text that a target receives: the event, a constant, a part of it, or a transformed template."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(find_path(event, target["InputPath"]))
    if "InputTransformer" in target:
        return _transform(target["InputTransformer"], event)
    return json.dumps(event)


def _transform(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Fill ``<name>``: inside quotes as text, elsewhere as JSON, as EventBridge does."""
    values = {name: find_path(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}

    def fill(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in values:
            return found[0]
        value = values[name]
        before = found.string[: found.start()]
        quoted = len(re.findall(r'(?<!\\)"', before)) % 2 == 1
        if quoted:
            return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]
        return json.dumps(value)

    return re.sub(r"<(?P<name>[A-Za-z0-9_-]+)>", fill, transformer["InputTemplate"])


def find_path(event: Any, path: str) -> Any:
    """A value by EventBridge's simple JSON paths: ``$.detail.bucket.name``, ``$.resources[0]``; None when absent."""
    for name, index in re.findall(r"\.([^.\[]+)|\[(\d+)\]", path.removeprefix("$")):
        if name:
            event = event.get(name) if isinstance(event, Mapping) else None
        else:
            event = event[int(index)] if isinstance(event, list) and int(index) < len(event) else None
    return event
