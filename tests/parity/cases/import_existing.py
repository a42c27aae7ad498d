"""What exists already is taken over when the program describes it as it is."""

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


def taken():
    found(7, import_="parity-found")


def owned():
    Topic("topic", display_name=found(30).name)


OPERATIONS = (
    Do("preview", "taken", behind="make"),
    Do("up", "taken"),
    Do("up", "taken"),
    Do("up", "owned"),
    Do("destroy"),
)
