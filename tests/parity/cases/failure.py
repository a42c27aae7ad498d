"""One resource is refused by the cloud: what stands on it is not made, what was made before is kept, and the next
`up` makes the rest."""

from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.ssm import Parameter

from tests.parity.operations import Do


def chain(name):
    before = LogGroup("before", name="parity-before")
    refused = Parameter("refused", name=name, type="String", insecure_value=before.name)
    LogGroup("after", name=refused.name)


def first():
    chain("/aws/not-yours")


def second():
    chain("/parity/yours")


def third():
    chain("/parity/taken")


def take(clients):
    clients("ssm").put_parameter(Name="/parity/taken", Value="by somebody else", Type="String")


def give_back(clients):
    clients("ssm").delete_parameter(Name="/parity/taken")


OPERATIONS = (
    Do("up", "first"),
    Do("up", "second"),
    Do("up", "third", behind="take"),
    Do("up", "third", behind="give_back"),
    Do("destroy"),
)
ORDERED = True

CODE = "A resource that fails ends a command with 4"
DIFFERS = {1: {"exit": CODE}, 3: {"exit": CODE}}
