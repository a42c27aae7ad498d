"""What somebody changed or deleted behind the engine is found by a refresh and mended by an `up`."""

from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sns import Topic

from tests.parity.operations import Do


def first():
    LogGroup("changed", name="parity-changed", retention_in_days=7, tags={"team": "a"})
    LogGroup("deleted", name="parity-deleted")
    Topic("topic", name="parity-topic", display_name="ours")


def change(clients):
    clients("logs").put_retention_policy(logGroupName="parity-changed", retentionInDays=30)
    clients("logs").delete_log_group(logGroupName="parity-deleted")


def change_again(clients):
    arn = "arn:aws:sns:eu-west-1:123456789012:parity-topic"
    clients("sns").set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="theirs")


OPERATIONS = (
    Do("up", "first"),
    Do("up", "first", behind="change"),
    Do("refresh"),
    Do("preview", "first"),
    Do("up", "first"),
    Do("preview", "first", behind="change_again", options={"refresh": True}),
    Do("up", "first", options={"refresh": True}),
    Do("destroy"),
)
