"""What the program says about replacing: delete first, replace on a change that needs none, and the flag --replace."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sns import Topic

from tests.parity.operations import Do


def both(kind, shown):
    LogGroup("deleted-first", log_group_class=kind, opts=pulumi.ResourceOptions(delete_before_replace=True))
    Topic("replaced", display_name=shown, opts=pulumi.ResourceOptions(replace_on_changes=["displayName"]))


def first():
    both("STANDARD", "a")


def second():
    both("INFREQUENT_ACCESS", "b")


OPERATIONS = (
    Do("up", "first"),
    Do("preview", "second"),
    Do("up", "second"),
    Do("up", "second", options={"replaces": ("replaced",)}),
    Do("destroy"),
)

DIFFERS = {4: {"steps": "The reason of --replace"}}
