"""Two regions in one program; a resource that moves to the other one is replaced."""

import pulumi
from pulumi_aws import Provider
from pulumi_aws.cloudwatch import LogGroup

from tests.parity.operations import Do


def where(region):
    there = Provider("there", region=region)
    LogGroup("here", name="parity-log")
    LogGroup("there", name="parity-log", opts=pulumi.ResourceOptions(provider=there))


def first():
    where("eu-central-1")


def second():
    where("eu-north-1")


OPERATIONS = (Do("up", "first"), Do("up", "first"), Do("preview", "second"), Do("up", "second"), Do("destroy"))
