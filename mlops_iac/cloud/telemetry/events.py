"""Events that services send to the default bus by themselves, so that rules on them fire.

Shapes: "Step Functions Execution Status Change", "SageMaker … Job State Change", "Batch Job State Change",
"CloudWatch Alarm State Change" (EventBridge events reference).
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_iac.cloud.news import News

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway


class Event(NamedTuple):
    source: str
    type: str
    resource: str
    detail: Mapping[str, Any]


def install(gateway: Gateway) -> None:
    gateway.on_news(lambda news: _send(gateway, news))


def _send(gateway: Gateway, news: News) -> None:
    event = _of(news)
    if event is None or "moto.events.models" not in sys.modules:
        return  # without a rule nobody listens
    from moto.events.models import events_backends

    with gateway.locked("events"):
        bus = events_backends[news.account_id][news.region].event_buses["default"]
        rules = list(bus.rules.values())
    for rule in rules:
        rule.send_to_targets(_document(news, event))


def _document(news: News, event: Event) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": event.type,
        "source": event.source,
        "account": news.account_id,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": news.region,
        "resources": [event.resource],
        "detail": json.loads(json.dumps(event.detail, default=_plain)),
    }


def _plain(value: Any) -> Any:
    """Times as milliseconds, which is how these services send them."""
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else str(value)


def _of(news: News) -> Event | None:
    facts = news.facts
    if news.kind == "execution":
        detail = {**dict.fromkeys(("stopDate", "input", "output", "error", "cause")), **facts}
        return Event("aws.states", "Step Functions Execution Status Change", facts["executionArn"], detail)
    if news.kind == "pipeline":
        return _of_pipeline(facts)
    if news.kind == "job":
        arn = next(name for name in _JOBS if name in facts)
        return Event("aws.sagemaker", f"SageMaker {_JOBS[arn]} Job State Change", facts[arn], facts)
    if news.kind == "batch-job":
        return Event("aws.batch", "Batch Job State Change", facts["jobArn"], facts)
    if news.kind == "alarm":
        alarm = facts["alarm"]
        state = {"value": alarm.state_value, "reason": alarm.state_reason}
        detail = {"alarmName": alarm.name, "state": state, "previousState": {"value": facts["before"]}}
        return Event("aws.cloudwatch", "CloudWatch Alarm State Change", alarm.alarm_arn, detail)
    return None


def _of_pipeline(facts: Mapping[str, Any]) -> Event:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html"""
    detail = {
        "pipelineArn": facts["PipelineArn"],
        "pipelineExecutionArn": facts["PipelineExecutionArn"],
        "pipelineExecutionDisplayName": facts["PipelineExecutionDisplayName"],
        "currentPipelineExecutionStatus": facts["PipelineExecutionStatus"],
        "previousPipelineExecutionStatus": facts["before"],
        "executionStartTime": f"{facts['CreationTime']:%Y-%m-%dT%H:%M:%SZ}",
    }
    kind = "SageMaker Model Building Pipeline Execution Status Change"
    return Event("aws.sagemaker", kind, facts["PipelineArn"], detail)


_JOBS = {
    "HyperParameterTuningJobArn": "HyperParameter Tuning",
    "ProcessingJobArn": "Processing",
    "TrainingJobArn": "Training",
    "TransformJobArn": "Transform",
}
"""The member with a job's ARN, to the kind's name in the type of its event.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""
