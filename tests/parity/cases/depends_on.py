"""Things made one after the other because the program says so, components included, and deleted the other way round."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup

from tests.parity.operations import Do


class Box(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("parity:index:Box", name, opts=opts)
        LogGroup(f"{name}-log", name=f"parity-{name}", opts=pulumi.ResourceOptions(parent=self))


def first():
    box = Box("first")
    second = LogGroup("second", name="parity-second", opts=pulumi.ResourceOptions(depends_on=[box]))
    Box("third", opts=pulumi.ResourceOptions(depends_on=[second]))


ORDERED = True
OPERATIONS = (Do("up", "first"), Do("up", "first"), Do("destroy"))
