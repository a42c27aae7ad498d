"""A stranger's package: a queue as a component, a kind of step that writes to it, and a blueprint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi_aws.sqs import Queue
from pydantic import Field

from mlops_iac.blueprints.parts.foundation import Foundation
from mlops_iac.blueprints.parts.foundation_options import FoundationOptions
from mlops_iac.components._kit import Component, KeyRef, Named, Reach
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role
from mlops_iac.components.monitoring.cloudwatch import Monitoring, MonitoringArgs
from mlops_iac.core import environment as env
from mlops_iac.core.facts import Facts, NameRule
from mlops_iac.pipelines.compile.step_functions.failure import task
from mlops_iac.pipelines.references import Source
from mlops_iac.pipelines.steps.step import KeyOf, Read, Step

FACTS = {
    "aws:memorydb/cluster:Cluster": Facts(service="memorydb", loses="what it remembers"),
    "aws:sqs/queue:Queue": Facts(
        service="sqs", name=NameRule(limit=80), tags="tags", key="kms_master_key_id", loses="the letters in it"
    ),
}

# Idle cost: nothing. SQS bills requests.

SEND = ("sqs:SendMessage",)


@dataclass(frozen=True, kw_only=True)
class LetterboxArgs:
    days: int = 4
    """How long a letter is kept. Left out: four days."""
    key: KeyRef | None = None
    """Encrypts letters. Left out: SQS's own encryption."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class LetterboxNodes:
    queue: Queue


class Letterbox(Component):
    """Where a team's runs leave word."""

    Nodes = LetterboxNodes
    reach = (Reach(actions=SEND, on=("{stack}-*",)),)

    def __init__(self, place: Named, args: LetterboxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        key = {"kms_master_key_id": args.key.arn} if args.key else {"sqs_managed_sse_enabled": True}
        queue = self.make("queue", Queue, {"message_retention_seconds": args.days * 86_400, **key}, called=place.name)
        self.nodes = LetterboxNodes(queue=queue)
        self.register_outputs({"arn": queue.arn})

    def grant_send(self, role: Role) -> None:
        role.grant(self.allow("send", SEND, (self.nodes.queue.arn,)))


class TellStep(Step):
    """Leaves word of what another step made."""

    kind: ClassVar[str] = "tell"
    compilers: ClassVar[dict[str, str]] = {"step-functions": "acme_mlops:compile_tell"}

    about: Source
    queue: str
    """Name of the letterbox's queue."""

    def reads(self) -> Iterator[Read]:
        yield Read("about", self.about, ("folder", "model"))

    def facts(self, key_of: KeyOf) -> dict[str, Any]:
        return {"queue": self.queue}


def compile_tell(step: TellStep, context: Any) -> dict[str, Any]:
    bindings = context.bindings
    url = f"https://sqs.{bindings.region}.amazonaws.com/{bindings.account_id}/{step.queue}"
    letter = {"QueueUrl": url, "MessageBody.$": context.uri(step.about)}
    return {
        step.name: task("aws-sdk:sqs:sendMessage", letter, context.next, generic="SQS.SqsException", ResultPath=None)
    }


class Options(FoundationOptions):
    days: int = Field(default=4, ge=1, le=14, description="How long letters are kept.")


class Letters:
    """A lake and a letterbox."""

    name = "acme-letters"
    summary = "A lake, and a box for letters about it."
    Options = Options
    layers = ("data_lake", "letterbox")

    def pipelines(self, options: Options) -> tuple[()]:
        return ()

    def build(self, site: Any, stack: Any, options: Options, pipelines: Any) -> env.Environment:
        foundation = Foundation(site, stack, options)
        Letterbox(site.named("letters"), LetterboxArgs(days=options.days, key=foundation.key))
        watched = MonitoringArgs(alerts=foundation.alerts.ref, monthly_budget_usd=options.monthly_budget_usd)
        Monitoring(site.named("monitoring"), watched)
        lake: Any = foundation.lake.ref
        store = env.Store(bucket=lake.bucket, zones=dict(lake.zones), key_arn=lake.key_arn or "")
        return env.Environment(
            team=site.team,
            environment=site.environment,
            blueprint=site.blueprint,
            region=site.region,
            account_id=site.account_id,
            stores={env.LAKE: store},
            pipelines={},
        )
