"""Nobody outside calls a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.policy import Policy, Violation, example
from mlops_iac.policy.resource import Resource, World

PERMISSION = "aws:lambda/permission:Permission"
URL = "aws:lambda/functionUrl:FunctionUrl"


class LambdaPublic(Policy):
    name = "lambda-public"
    wants = "A function is called by who has the right, and on behalf of this account."
    why = "It acts with rights of the environment for whoever calls it."
    severity = Severity.ERROR
    types = (PERMISSION, URL)
    remedy = "name a sourceArn or sourceAccount for a service; give a URL the authorizationType AWS_IAM."
    sources = ("Security Hub Lambda.1",)
    breaks = (
        example(PERMISSION, {"principal": "*", "function": "a"}),
        example(PERMISSION, {"principal": "s3.amazonaws.com", "function": "a"}),
        example(URL, {"authorizationType": "NONE"}),
    )
    keeps = (
        example(PERMISSION, {"principal": "events.amazonaws.com", "sourceArn": "arn:aws-cn:events:eu-west-1:1:rule/a"}),
        example(PERMISSION, {"principal": "123456789012"}),
        example(URL, {"authorizationType": "AWS_IAM"}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if resource.type == URL:
            if resource.differs("authorizationType", "AWS_IAM", default="NONE"):
                yield Violation(detail="Its URL asks nobody who they are.", path="authorizationType")
            return
        principal = resource.get("principal", "")
        bound = any(resource.has(key) for key in ("sourceArn", "sourceAccount", "principalOrgId"))
        if isinstance(principal, str) and not bound and (principal == "*" or principal.endswith(".amazonaws.com")):
            yield Violation(detail=f"It lets in {principal} for any account.", path="principal")
