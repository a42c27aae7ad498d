"""What is protected is neither deleted, nor replaced, nor destroyed, until the program says that it may be."""

import pulumi
from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.sns import Topic

from tests.parity.operations import Do


def first():
    LogGroup("kept", log_group_class="STANDARD", opts=pulumi.ResourceOptions(protect=True))
    Topic("other")


def without():
    Topic("other")


def replaced():
    LogGroup("kept", log_group_class="INFREQUENT_ACCESS", opts=pulumi.ResourceOptions(protect=True))
    Topic("other")


def freed():
    LogGroup("kept", log_group_class="STANDARD")
    Topic("other")


OPERATIONS = (
    Do("up", "first"),
    Do("preview", "without"),
    Do("up", "without"),
    Do("up", "replaced"),
    Do("up", "freed"),
    Do("up", "without"),
    Do("destroy"),
)

CHECKS_FIRST = True
FIRST = "Protected resources are refused before the first call"
DIFFERS = {
    2: {"steps": FIRST},
    3: {"steps": FIRST, "failures": FIRST},
    4: {"steps": FIRST, "changes": FIRST},
}
