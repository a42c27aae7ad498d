"""What is to be retained is forgotten and stays; what is deleted with another is not deleted by itself."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup

from tests.parity.operations import Do


def first():
    LogGroup("retained", name="parity-retained", opts=pulumi.ResourceOptions(retain_on_delete=True))
    LogGroup("other", name="parity-other")


def without():
    LogGroup("other", name="parity-other")


def delete(clients):
    clients("logs").delete_log_group(logGroupName="parity-retained")


OPERATIONS = (Do("up", "first"), Do("up", "without"), Do("up", "first", behind="delete"), Do("destroy"))
