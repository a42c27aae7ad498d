"""A private way to AWS is nobody else's way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops_iac.core.severity import Severity
from mlops_iac.policy.documents import Statement
from mlops_iac.policy.kinds import StatementPolicy
from mlops_iac.policy.policy import Violation, example
from mlops_iac.policy.resource import Resource, World

VPC_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
BINDING = {"aws:principalaccount", "aws:principalorgid", "aws:resourceaccount", "aws:resourceorgid"}
ALL = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


class EndpointPolicy(StatementPolicy):
    name = "endpoint-policy"
    wants = "The policy of a VPC endpoint is bound to an account or an organisation, or names what it lets through."
    why = "With credentials of an account of their own, somebody inside carries data out through it."
    severity = Severity.ADVICE
    by_profile = {"regulated": Severity.ERROR}
    types = (VPC_ENDPOINT,)
    remedy = "give it a policy with the condition aws:PrincipalAccount, aws:ResourceAccount or one of an organisation."
    setting = "security"
    sources = (
        "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html",
        "https://docs.aws.amazon.com/whitepapers/latest/building-a-data-perimeter-on-aws/perimeter-implementation.html",
    )
    breaks = (
        example(VPC_ENDPOINT, {"serviceName": "com.amazonaws.eu-west-1.sts"}),
        example(VPC_ENDPOINT, {"policy": {"Statement": ALL}}),
    )
    keeps = (
        example(
            VPC_ENDPOINT,
            {"policy": {"Statement": {**ALL, "Condition": {"StringEquals": {"aws:PrincipalAccount": "1"}}}}},
        ),
        example(VPC_ENDPOINT, {"policy": {"Statement": {**ALL, "Resource": "arn:aws-cn:s3:::layers/*"}}}),
        example(VPC_ENDPOINT, {"serviceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-0a1b2c3d4e5f67890"}),
    )

    def check(self, resource: Resource, world: World, parameters: Mapping[str, Any]) -> Iterator[Violation]:
        if ".vpce-svc-" in str(resource.get("serviceName")):
            return  # a vendor's own service, which takes no policy
        if not resource.has("policy"):
            yield Violation(detail="It has no policy of its own, and AWS's lets everybody through.", path="policy")
        yield from super().check(resource, world, parameters)

    def check_statement(self, statement: Statement, resource: Resource, parameters: Mapping[str, Any]) -> Iterator[str]:
        if statement.allows and "*" in statement.resources and not statement.condition_keys() & BINDING:
            yield "lets through whoever's credentials to whoever's things."
