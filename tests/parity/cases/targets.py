"""Only what is named is touched, with what stands on it when asked; and all but what is excluded."""

from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.ssm import Parameter

from tests.parity.operations import Do


def three(days, text):
    one = LogGroup("one", name="parity-one", retention_in_days=days)
    LogGroup("two", name="parity-two", retention_in_days=days)
    Parameter("on-one", name="/parity/on-one", type="String", insecure_value=one.name, description=text)


def first():
    three(7, "a")


def second():
    three(30, "b")


def third():
    three(60, "c")


OPERATIONS = (
    Do("up", "first"),
    Do("up", "second", options={"targets": ("one",)}),
    Do("up", "third", options={"targets": ("one",), "target_dependents": True}),
    Do("up", "second", options={"excludes": ("two",)}),
    Do("destroy", options={"targets": ("two",)}),
    Do("destroy"),
)

QUIET = "What is left alone is not told"
DIFFERS = {5: {"steps": QUIET, "changes": QUIET}}
