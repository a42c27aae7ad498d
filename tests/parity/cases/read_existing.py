"""What exists already is read, used, and not touched; when it is gone the program is told."""

from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sns import Topic

from tests.parity.operations import Do


def make(clients):
    clients("logs").create_log_group(logGroupName="parity-read", tags={"team": "a"})


def take_away(clients):
    clients("logs").delete_log_group(logGroupName="parity-read")


def first():
    group = LogGroup.get("theirs", "parity-read")
    Topic("topic", display_name=group.arn)


def without():
    Topic("topic")


ORDERED = True
OPERATIONS = (
    Do("preview", "first", behind="make"),
    Do("up", "first"),
    Do("up", "first"),
    Do("up", "first", behind="take_away"),
    Do("up", "without", behind="make"),
    Do("destroy", behind="take_away"),
)

DIFFERS = {
    1: {"steps": "A preview asks no cloud"},
    4: {"exit": "A resource that fails ends a command with 4"},
}
