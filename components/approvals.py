"""Where runs wait for a person: one encrypted queue that holds what an answer must carry.

A step that waits puts its token there, and `mlops-iac approve` takes it out again. Who answers needs the right to read
this queue and to answer the orchestrator; who merely runs pipelines needs neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pulumi
from pulumi_aws.sqs import Queue

from mlops_iac.components._kit import ApprovalsRef, Component, KeyRef, Named, Reach
from mlops_iac.components._kit.people import Declared
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role

__all__ = ["Approvals", "ApprovalsArgs", "ApprovalsNodes"]

# Idle cost: nothing. The first million requests of a month are free.

ASK = ("sqs:SendMessage",)
ANSWER = ("sqs:DeleteMessage", "sqs:ReceiveMessage")
ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")

KEPT_SECONDS = 14 * 24 * 3600
"""How long a question lies there: as long as SQS keeps anything.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""


@dataclass(frozen=True, kw_only=True)
class ApprovalsArgs:
    """What a team may say about its approvals."""

    key: KeyRef | None = None
    """Encrypts the questions. Left out: SQS's own encryption."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``queue``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class ApprovalsNodes:
    queue: Queue


class Approvals(Component):
    """The environment's open questions."""

    Nodes = ApprovalsNodes
    reach = (Reach(actions=ASK), Reach(actions=ENCRYPT, on=("key/*",)))
    people: ClassVar[Declared] = {"admin": (Reach(actions=ANSWER),)}

    def __init__(
        self, place: Named, args: ApprovalsArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or ApprovalsArgs()
        super().__init__(place, args.transforms, opts)
        self._key = args.key
        queue = self._create_queue(args)

        self.nodes = ApprovalsNodes(queue=queue)
        self.queue_arn: pulumi.Output[str] = queue.arn
        self.ref = ApprovalsRef(url=queue.url)
        self.register_outputs({"queue_url": queue.url})

    def grant_ask(self, role: Role) -> None:
        """Let a role put questions there, encrypted as the queue is."""
        role.grant(self.allow("ask", ASK, (self.queue_arn,)))
        if self._key is not None:
            through = {"StringEquals": {"kms:ViaService": f"sqs.{self.site.region}.amazonaws.com"}}
            role.grant(self.allow("encrypt", ENCRYPT, (self._key.arn,), through))

    def _create_queue(self, args: ApprovalsArgs) -> Queue:
        props: dict[str, Any] = {"message_retention_seconds": KEPT_SECONDS}
        # Either a key of ours, or SQS's own: never unencrypted.
        if args.key:
            props["kms_master_key_id"] = args.key.arn
        else:
            props["sqs_managed_sse_enabled"] = True
        return self.make("queue", Queue, props, called=self.place.name)
