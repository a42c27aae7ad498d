"""What exists already, described as it is not: Pulumi takes it over and changes it, we refuse."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup

from tests.parity.operations import Do


def make(clients):
    clients("logs").create_log_group(logGroupName="parity-other")
    clients("logs").put_retention_policy(logGroupName="parity-other", retentionInDays=7)


def wrong():
    options = pulumi.ResourceOptions(import_="parity-other")
    LogGroup("found", name="parity-other", retention_in_days=30, opts=options)


OPERATIONS = (Do("up", "wrong", behind="make"),)

REFUSED = "An import describes what is there"
DIFFERS = {1: dict.fromkeys(("exit", "outcome", "changes", "steps", "failures", "state"), REFUSED)}
