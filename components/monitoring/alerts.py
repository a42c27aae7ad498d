"""Who is told when something goes wrong: one encrypted topic, and the people who subscribed to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.sns import Topic, TopicPolicy, TopicSubscription

from mlops_iac.components._kit import Component, KeyRef, Named, Reach, TopicRef, policy, render
from mlops_iac.components._kit.naming import short_hash
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.encryption import EVENTS, PUBLISHERS
from mlops_iac.components.identity import Role

__all__ = ["Alerts", "AlertsArgs", "AlertsNodes"]

# Idle cost: nothing. E-mail notifications: the first thousand of a month are free.


PUBLISH = ("sns:Publish",)
ENCRYPT = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """What a team may say about its alerts."""

    emails: tuple[str, ...] = ()
    """Who gets them; each address must confirm once. Left out: nobody, the topic is there for other subscribers."""
    key: KeyRef | None = None
    """Encrypts messages. Left out: not encrypted at rest: AWS's own key for SNS does not let alarms publish."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `AlertsNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class AlertsNodes:
    topic: Topic
    policy: TopicPolicy
    subscriptions: Mapping[str, TopicSubscription]


class Alerts(Component):
    """The environment's topic."""

    Nodes = AlertsNodes
    reach = (Reach(actions=PUBLISH), Reach(actions=ENCRYPT, on=("key/*",)))

    def __init__(
        self, place: Named, args: AlertsArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or AlertsArgs()
        super().__init__(place, args.transforms, opts)
        topic = self._create_topic(args)
        guard = self.make("policy", TopicPolicy, {"arn": topic.arn, "policy": render(policy(self._statements(topic)))})
        subscriptions = {email: self._subscribe(topic, email) for email in args.emails}

        self.nodes: AlertsNodes | None = AlertsNodes(topic=topic, policy=guard, subscriptions=subscriptions)
        self._offer(topic.arn, args.key)

    @classmethod
    def adopt(
        cls,
        place: Named,
        *,
        topic_arn: pulumi.Input[str],
        key_arn: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> Alerts:
        """A topic that exists. Its policy must let CloudWatch, EventBridge and Budgets of this account publish."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes = None
        self.site.ceiling.adopt(PUBLISH, topic_arn)
        if key_arn is not None:
            self.site.ceiling.adopt(ENCRYPT, key_arn)
        self._offer(topic_arn, KeyRef(arn=key_arn) if key_arn is not None else None)
        return self

    def grant_publish(self, role: Role) -> None:
        """Let a role send alerts of its own, encrypted as the topic is."""
        role.grant(self.allow("publish", PUBLISH, (self.topic_arn,)))
        if self._key is not None:
            through = {"StringEquals": {"kms:ViaService": f"sns.{self.site.region}.amazonaws.com"}}
            role.grant(self.allow("encrypt", ENCRYPT, (self._key.arn,), through))

    def _offer(self, arn: pulumi.Input[str], key: KeyRef | None) -> None:
        self._key = key
        self.topic_arn = arn
        self.ref = TopicRef(arn=arn)
        self.register_outputs({"topic_arn": arn})

    def _create_topic(self, args: AlertsArgs) -> Topic:
        props: dict[str, Any] = {"display_name": f"{self.site.stack} alerts"}
        if args.key:
            props["kms_master_key_id"] = args.key.arn
        return self.make("topic", Topic, props, called=self.place.name)

    def _statements(self, topic: Topic) -> list[dict[str, Any]]:
        """AWS's own services, for this account only, and nothing over plain HTTP."""
        base = {"Action": ["sns:Publish"], "Resource": [topic.arn]}
        ours = {"StringEquals": {"aws:SourceAccount": self.site.account_id}}
        plain = {"Bool": {"aws:SecureTransport": "false"}}
        return [
            {"Sid": "Publishers", **_allowing(*PUBLISHERS), "Condition": ours, **base},
            # EventBridge takes no Condition in a topic's policy; a rule of another account would need this topic's ARN.
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
            {"Sid": "Events", **_allowing(EVENTS), **base},
            {"Sid": "PlainHttp", "Effect": "Deny", "Principal": "*", "Condition": plain, **base},
        ]

    def _subscribe(self, topic: Topic, email: str) -> TopicSubscription:
        props = {"topic": topic.arn, "protocol": "email", "endpoint": email}
        # An address may hold what a name may not, and moving it in the list must not change its identity.
        return self.make("subscriptions", TopicSubscription, props, name=f"email-{short_hash(email)}")


def _allowing(*services: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": sorted(services)}}
