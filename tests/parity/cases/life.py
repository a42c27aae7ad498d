"""A component with a topic and what stands on it: made, left alone, changed in place, extended, taken away."""

import json

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sns import Topic, TopicPolicy

from tests.parity.operations import Do


class Alarm(pulumi.ComponentResource):
    def __init__(self, name, *, days, tags):
        super().__init__("parity:index:Alarm", name)
        here = pulumi.ResourceOptions(parent=self)
        self.topic = Topic(f"{name}-topic", display_name="alarm", tags=tags, opts=here)
        self.log = LogGroup(f"{name}-log", name="parity-log", retention_in_days=days, tags=tags, opts=here)
        self.register_outputs({"arn": self.topic.arn})


def first():
    alarm = Alarm("alarm", days=7, tags={"team": "a", "stage": "dev"})
    pulumi.export("log", alarm.log.name)
    pulumi.export("list", [1, 2.5, True, {"a": "b"}])


def second():
    alarm = Alarm("alarm", days=30, tags={"team": "b", "cost": "none"})
    allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    document = alarm.topic.arn.apply(
        lambda arn: json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": arn}]})
    )
    TopicPolicy("alarm-policy", arn=alarm.topic.arn, policy=document)
    pulumi.export("log", alarm.log.name)
    pulumi.export("arn", alarm.topic.arn)


def third():
    Topic("other")


OPERATIONS = (
    Do("preview", "first"),
    Do("up", "first"),
    Do("up", "first"),
    Do("preview", "second"),
    Do("up", "second"),
    Do("refresh"),
    Do("up", "third"),
    Do("destroy"),
)
