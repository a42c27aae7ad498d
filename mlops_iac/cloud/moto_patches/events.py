"""EventBridge: rules that deliver to SNS, Step Functions, Lambda, Kinesis, SQS, SageMaker pipelines and Batch.

In moto such a rule makes PutEvents itself fail, an input transformer crashes, ``Input`` and ``InputPath`` are ignored,
and disabled rules fire. Delivery is asynchronous here, as on AWS; one that fails is logged.

What does not happen: rules with a rate or cron expression, and EventBridge Scheduler's schedules, are stored but never
fire. What services send of their own is in `mlops_iac/cloud/telemetry/events.py`.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import Clients
from mlops_iac.cloud.iam.assuming import CannotAssume

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

PRINCIPAL: Final = "events.amazonaws.com"
_DELIVERING: Final = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
"""What EventBridge does with targets that take no role."""

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
            region = arn[3] or self.region_name
            arguments = (gateway, self.arn, region, target, make_input(target, event), event)
            threading.Thread(target=_deliver, args=arguments, daemon=True).start()

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


# Delivery -----------------------------------------------------------------------------------------------------------


def _deliver(
    gateway: Gateway, rule: str, region: str, target: Mapping[str, Any], body: str, event: Mapping[str, Any]
) -> None:
    service = target["Arn"].split(":")[2]
    send = _SENDERS.get(service)
    if send is None:
        log.warning("No event was delivered to %s: this kind of target is not offered here.", target["Arn"])
        return
    try:
        send(_clients_for(gateway, rule, region, target), target, body, event)
    except Exception as error:
        log.warning("An event was not delivered to %s: %s", target["Arn"], error)


def _clients_for(gateway: Gateway, rule: str, region: str, target: Mapping[str, Any]) -> Clients:
    """Who delivers: the target's role; for a topic, a queue or a function EventBridge itself, by their own policies.

    Source: "Using resource-based policies for Amazon EventBridge" in the EventBridge user guide.
    """
    if target.get("RoleArn"):
        return gateway.roles.clients(target["RoleArn"], PRINCIPAL, "events", region, rule)
    service, account = target["Arn"].split(":")[2], target["Arn"].split(":")[4]
    action = _DELIVERING.get(service)
    if action is None:
        raise CannotAssume(f"A target of {service} needs a RoleArn.")
    gateway.roles.require_by_policy(PRINCIPAL, action, target["Arn"], rule)
    return gateway.clients(region, account)


Sender = Callable[[Clients, Mapping[str, Any], str, Mapping[str, Any]], Any]


def _to_sqs(clients: Clients, target: Mapping[str, Any], body: str, event: Mapping[str, Any]) -> None:
    sqs = clients("sqs")
    url = sqs.get_queue_url(QueueName=target["Arn"].rsplit(":", 1)[-1])["QueueUrl"]
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    sqs.send_message(QueueUrl=url, MessageBody=body, **({"MessageGroupId": group} if group else {}))


def _to_batch(clients: Clients, target: Mapping[str, Any], body: str, event: Mapping[str, Any]) -> None:
    job = target["BatchParameters"]
    clients("batch").submit_job(jobQueue=target["Arn"], jobName=job["JobName"], jobDefinition=job["JobDefinition"])


def _to_pipeline(clients: Clients, target: Mapping[str, Any], body: str, event: Mapping[str, Any]) -> None:
    parameters = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList", [])
    name = target["Arn"].rsplit("/", 1)[-1]
    clients("sagemaker").start_pipeline_execution(PipelineName=name, PipelineParameters=parameters)


_SENDERS: Final[dict[str, Sender]] = {
    "batch": _to_batch,
    "kinesis": lambda c, t, body, event: c("kinesis").put_record(
        StreamName=t["Arn"].rsplit("/", 1)[-1], Data=body.encode(), PartitionKey=str(event["id"])
    ),
    "lambda": lambda c, t, body, event: c("lambda").invoke(FunctionName=t["Arn"], Payload=body.encode()),
    "sagemaker": _to_pipeline,
    "sns": lambda c, t, body, event: c("sns").publish(TopicArn=t["Arn"], Message=body),
    "sqs": _to_sqs,
    "states": lambda c, t, body, event: c("stepfunctions").start_execution(stateMachineArn=t["Arn"], input=body),
}
