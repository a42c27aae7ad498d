"""Delivery to targets: what EventBridge's rules and EventBridge Scheduler's schedules send, and in whose name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.clients import Clients
from mlops_iac.cloud.busy import busy
from mlops_iac.cloud.iam.assuming import CannotAssume

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

log = logging.getLogger("mlops_iac.cloud")

_BY_POLICY: Final = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
"""What EventBridge does with targets that take no role, by their own policies.

Source: "Using resource-based policies for Amazon EventBridge" in the EventBridge user guide.
"""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sends."""

    service: str
    """Its name in the role's sessions: ``events``; its principal is ``events.amazonaws.com``."""
    source_arn: str
    """What it tells as ``aws:SourceArn``: the rule, or the schedule's group."""
    region: str


def deliver(gateway: Gateway, sender: Sender, target: Mapping[str, Any], body: str, id: str) -> None:
    """Send a text to a target; ``id`` tells this delivery from others. One that fails is logged, as AWS's own would be
    counted, and does not come back."""
    arn = target["Arn"]
    send = _SENDERS.get(arn.split(":")[2])
    if send is None:
        log.warning("Nothing was delivered to %s: this kind of target is not offered here.", arn)
        return
    try:
        with busy():
            send(_clients_for(gateway, sender, target), target, body, id)
    except Exception as error:
        log.warning("Nothing was delivered to %s: %s", arn, error)


def _clients_for(gateway: Gateway, sender: Sender, target: Mapping[str, Any]) -> Clients:
    """The target's role; for a topic, a queue or a function EventBridge itself, by their own policies."""
    _, _, service, region, account = target["Arn"].split(":")[:5]
    region, principal = region or sender.region, f"{sender.service}.amazonaws.com"
    if target.get("RoleArn"):
        return gateway.roles.clients(target["RoleArn"], principal, sender.service, region, sender.source_arn)
    action = _BY_POLICY.get(service)
    if action is None:
        raise CannotAssume(f"A target of {service} needs a RoleArn.")
    gateway.roles.require_by_policy(principal, action, target["Arn"], sender.source_arn)
    return gateway.clients(region, account)


Send = Callable[[Clients, Mapping[str, Any], str, str], Any]


def _to_lambda(clients: Clients, target: Mapping[str, Any], body: str, id: str) -> None:
    answer = clients("lambda").invoke(FunctionName=target["Arn"], Payload=body.encode())
    if answer.get("FunctionError"):
        log.warning("%s failed: %s", target["Arn"], answer["Payload"].read(2000).decode(errors="replace"))


def _to_sqs(clients: Clients, target: Mapping[str, Any], body: str, id: str) -> None:
    sqs = clients("sqs")
    url = sqs.get_queue_url(QueueName=target["Arn"].rsplit(":", 1)[-1])["QueueUrl"]
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    sqs.send_message(QueueUrl=url, MessageBody=body, **({"MessageGroupId": group} if group else {}))


def _to_batch(clients: Clients, target: Mapping[str, Any], body: str, id: str) -> None:
    job = target["BatchParameters"]
    clients("batch").submit_job(jobQueue=target["Arn"], jobName=job["JobName"], jobDefinition=job["JobDefinition"])


def _to_pipeline(clients: Clients, target: Mapping[str, Any], body: str, id: str) -> None:
    parameters = (target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList", [])
    name = target["Arn"].rsplit("/", 1)[-1]
    clients("sagemaker").start_pipeline_execution(PipelineName=name, PipelineParameters=parameters)


_SENDERS: Final[dict[str, Send]] = {
    "batch": _to_batch,
    "kinesis": lambda clients, target, body, id: clients("kinesis").put_record(
        StreamName=target["Arn"].rsplit("/", 1)[-1], Data=body.encode(), PartitionKey=id
    ),
    "lambda": _to_lambda,
    "sagemaker": _to_pipeline,
    "sns": lambda clients, target, body, id: clients("sns").publish(TopicArn=target["Arn"], Message=body),
    "sqs": _to_sqs,
    "states": lambda clients, target, body, id: clients("stepfunctions").start_execution(
        stateMachineArn=target["Arn"], input=body
    ),
}
