"""A secret stays one on its way through inputs, outputs and the stack's; so does what the provider calls one."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.secretsmanager import Secret, SecretVersion
from pulumi_aws.ssm import Parameter

from tests.parity.operations import Do


def all_of(word):
    hidden = pulumi.Output.secret(word)
    secret = Secret("secret", description="of the parity case", recovery_window_in_days=0)
    version = SecretVersion("version", secret_id=secret.id, secret_string=hidden)
    parameter = Parameter("parameter", type="SecureString", name="/parity/secret", value=hidden)
    log = LogGroup("log", tags={"word": hidden}, opts=pulumi.ResourceOptions(additional_secret_outputs=["arn"]))
    pulumi.export("word", hidden)
    pulumi.export("given", version.secret_string)
    pulumi.export("taken", parameter.value)
    pulumi.export("arn", log.arn)
    pulumi.export("tags", log.tags)


def first():
    all_of("hunter2")


def second():
    all_of("hunter3")


OPERATIONS = (Do("up", "first"), Do("up", "first"), Do("preview", "second"), Do("up", "second"), Do("destroy"))
