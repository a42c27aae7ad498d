"""What the program says to ignore is neither changed nor a reason to replace."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup

from tests.parity.operations import Do


def group(days, tags, kind):
    ignored = pulumi.ResourceOptions(ignore_changes=["retentionInDays", "tags.build", "logGroupClass"])
    LogGroup("log", retention_in_days=days, tags=tags, log_group_class=kind, opts=ignored)


def first():
    group(7, {"team": "a", "build": "1"}, "STANDARD")


def second():
    group(30, {"team": "a", "build": "2"}, "INFREQUENT_ACCESS")


def third():
    group(30, {"team": "b", "build": "3"}, "INFREQUENT_ACCESS")


OPERATIONS = (Do("up", "first"), Do("preview", "second"), Do("up", "second"), Do("up", "third"), Do("destroy"))
