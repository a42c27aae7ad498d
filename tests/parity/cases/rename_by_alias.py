"""Resources that get another name, another parent and another type of parent are the same ones, by their aliases."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sns import Topic

from tests.parity.operations import Do


class Before(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("parity:index:Before", name)
        self.log = LogGroup("inner", opts=pulumi.ResourceOptions(parent=self))


class After(pulumi.ComponentResource):
    def __init__(self, name):
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_="parity:index:Before", name="box")])
        super().__init__("parity:index:After", name, opts=former)
        self.log = LogGroup("inner", opts=pulumi.ResourceOptions(parent=self))


def first():
    box = Before("box")
    Topic("old-name", display_name=box.log.name)
    Topic("loose")


def second():
    box = After("chest")
    former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old-name")])
    Topic("new-name", display_name=box.log.name, opts=former)
    Topic("loose", opts=pulumi.ResourceOptions(parent=box, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))


OPERATIONS = (Do("up", "first"), Do("preview", "second"), Do("up", "second"), Do("up", "second"), Do("destroy"))
