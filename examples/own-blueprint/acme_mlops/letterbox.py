"""The letterbox: an encrypted queue that Acme's other systems read, to hear of new models."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi
from pulumi_aws.sqs import Queue

from mlops_iac.components._kit import Component, KeyRef, Named, Reach
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role

# Idle cost: nothing. The first million requests of a month are free.

SEND = ("sqs:SendMessage",)
ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True)
class LetterboxArgs:
    """What a blueprint may say about its letterbox."""

    days: int = 4
    """How long a letter is kept, 1 to 14. Left out: four days."""
    key: KeyRef | None = None
    """Encrypts the letters. Left out: SQS's own encryption."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``queue``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class LetterboxNodes:
    queue: Queue


class Letterbox(Component):
    """Where an environment's runs leave word for the rest of the company."""

    Nodes = LetterboxNodes
    reach = (Reach(actions=SEND), Reach(actions=ENCRYPT, on=("key/*",)))

    def __init__(self, place: Named, args: LetterboxArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        self._key = args.key
        # Either a key of the environment, or SQS's own: never unencrypted.
        key = {"kms_master_key_id": args.key.arn} if args.key else {"sqs_managed_sse_enabled": True}
        queue = self.make("queue", Queue, {"message_retention_seconds": args.days * 86_400, **key}, called=place.name)
        self.nodes = LetterboxNodes(queue=queue)
        self.register_outputs({"url": queue.url})

    def grant_send(self, role: Role) -> None:
        """Let a role leave letters, encrypted as the queue is."""
        role.grant(self.allow("send", SEND, (self.nodes.queue.arn,)))
        if self._key is not None:
            through = {"StringEquals": {"kms:ViaService": f"sqs.{self.site.region}.amazonaws.com"}}
            role.grant(self.allow("encrypt", ENCRYPT, (self._key.arn,), through))
