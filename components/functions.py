"""What a Lambda function of an environment has around it: its log group and its role."""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_aws.cloudwatch import LogGroup
from pulumi_aws.lambda_ import Function

from mlops_iac.components._kit import BoundaryRef, Component, Grant, KeyRef
from mlops_iac.components._kit.functions import LOG
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.log_groups import make_log_group


def make_function_log(owner: Component, function: str, key: KeyRef | None) -> LogGroup:
    """The log of ``owner``'s child ``function``, by Lambda's own name for it: made by us, so that it is encrypted and
    does not grow for ever."""
    return make_log_group(owner, _child(function, "log"), key, name=f"/aws/lambda/{_name(owner, function)}")


def make_function_role(
    owner: Component, function: str, *, description: str, grants: Sequence[Grant], boundary: BoundaryRef | None
) -> Role:
    """The role of ``owner``'s child ``function``: what the grants say, and to write its log."""
    logs = owner.site.arn("logs", f"log-group:/aws/lambda/{_name(owner, function)}:*")
    return make_role(
        owner,
        _child(function, "role"),
        services=("lambda.amazonaws.com",),
        description=description,
        grants=[owner.allow("log", LOG, (logs,)), *grants],
        boundary=boundary,
        # Lambda does not say for whose function it assumes a role.
        source_account=False,
    )


def _name(owner: Component, function: str) -> str:
    return owner.physical(Function.pulumi_type, function)


def _child(function: str, what: str) -> str:
    """A component with one function calls it that, and what is around it by no second name."""
    return what if function == "function" else f"{function}_{what}"
