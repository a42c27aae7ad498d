"""A program that raises half-way: what it registered before is kept, and nothing is deleted because it died."""

from pulumi_aws.cloudwatch import LogGroup

from tests.parity.operations import Do


def first():
    LogGroup("one", name="parity-one")
    LogGroup("two", name="parity-two")


def raises():
    LogGroup("three", name="parity-three")
    raise ValueError("half-way")


OPERATIONS = (Do("up", "first"), Do("up", "raises"), Do("up", "first"), Do("destroy"))
