"""A group without a name of its own is replaced before it is deleted, and what takes its name is replaced after it."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.ssm import Parameter

from tests.parity.operations import Do


def chain(kind):
    parent = LogGroup("parent", log_group_class=kind)
    child = LogGroup("child", name=pulumi.Output.concat(parent.name, "/child"))
    Parameter("told", name="/parity/told", type="String", insecure_value=child.name)
    pulumi.export("child", child.name)


def first():
    chain("STANDARD")


def second():
    chain("INFREQUENT_ACCESS")


ORDERED = True
OPERATIONS = (
    Do("up", "first"),
    Do("preview", "second"),
    Do("up", "second"),
    Do("up", "second"),
    Do("destroy"),
)
