"""What exists already is taken over when the program describes it as it is, and refused when it does not."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sns import Topic

from tests.parity.operations import Do


def make(clients):
    clients("logs").create_log_group(logGroupName="parity-found", tags={"team": "a"})
    clients("logs").put_retention_policy(logGroupName="parity-found", retentionInDays=7)


def found(days, **options):
    return LogGroup(
        "found",
        name="parity-found",
        retention_in_days=days,
        tags={"team": "a"},
        opts=pulumi.ResourceOptions(**options),
    )


def right():
    found(7, import_="parity-found")


def wrong():
    found(30, import_="parity-found")


def without():
    Topic("topic", display_name=found(7).name)


OPERATIONS = (
    Do("up", "wrong", behind="make"),
    Do("preview", "right"),
    Do("up", "right"),
    Do("up", "right"),
    Do("up", "without"),
    Do("destroy"),
)
