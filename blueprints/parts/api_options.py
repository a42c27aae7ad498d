"""What a team may say about the API before its endpoint."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from mlops_iac.blueprints.parts.serve_options import ServeOptions
from mlops_iac.config.section import Section

Application = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
AccountId = Annotated[str, StringConstraints(pattern=r"^\d{12}$")]
PoolArn = Annotated[str, StringConstraints(pattern=r"^arn:[\w-]+:cognito-idp:[\w-]+:\d{12}:userpool/[\w-]+$")]

BELONGS = {"accounts": "iam", "user_pool": "cognito", "applications": "api-key", "quota": "api-key"}
"""Options that say something with one way in only."""


class Quota(Section):
    requests: int = Field(
        ge=1, le=1_000_000_000, description="Requests of each application in a period.", examples=[1000, 50]
    )
    period: Literal["day", "week", "month"] = Field(
        default="day", description="A day, week or month in UTC; AWS's weeks begin on Sunday."
    )


class Api(Section):
    """An address for applications, by API Gateway: who may ask, how often, and a log of who did."""

    auth: Literal["iam", "cognito", "api-key"] = Field(
        default="iam",
        description="Who may ask: whoever IAM allows it, people of a Cognito user pool with their tokens, or "
        "applications with a key of their own. It is never open.",
    )
    accounts: tuple[AccountId, ...] = Field(
        default=(),
        max_length=20,
        description="With iam: other accounts whose roles may ask, too.",
        examples=[["222222222222"]],
    )
    user_pool: PoolArn | None = Field(
        default=None,
        description="With cognito: the ARN of a user pool that is there. Left out: one is made, without people in it.",
        examples=["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Abc123"],
    )
    applications: tuple[Application, ...] = Field(
        default=(),
        max_length=50,
        description="With api-key: who has a key, one for each; an application that is taken out of the list has none "
        "any more. Left out: one, called main.",
    )
    rate: float = Field(
        default=50,
        ge=0.1,
        le=10_000,
        allow_inf_nan=False,
        description="Requests a second, of all together; with api-key also of each application.",
    )
    burst: int = Field(default=100, ge=1, le=5_000, description="Requests at once, above the rate.")
    quota: Quota | None = Field(default=None, description="With api-key: requests in a period. Left out: no limit.")
    sources: tuple[str, ...] = Field(
        default=(),
        max_length=50,
        description="Networks from which it may be asked, as CIDR blocks. Left out: any.",
        examples=[["203.0.113.0/24"], ["127.0.0.0/8"]],
    )
    timeout_seconds: float = Field(
        default=29, ge=0.05, le=29, allow_inf_nan=False, description="The longest that a caller waits, in seconds."
    )
    log_role: Literal["own", "account"] = Field(
        default="own",
        description="API Gateway writes logs by one role in an account and region: this environment's own, which takes "
        "the place of whatever is set, or `account`, the one that is set already. Say account where several "
        "environments of an account have an API.",
    )

    @field_validator("sources")
    @classmethod
    def _check_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for source in value:
            ipaddress.ip_network(source)
        return value

    @model_validator(mode="after")
    def _check_ways(self) -> Self:
        for name, way in BELONGS.items():
            if getattr(self, name) and self.auth != way:
                raise ValueError(f"`{name}` belongs to `auth: {way}`; here it is `{self.auth}`")
        return self


class ApiOptions(ServeOptions):
    """The options of a blueprint that serves applications."""

    api: Api | None = Field(
        default=None,
        description="An address for applications before the endpoint, by API Gateway. Left out: who asks needs rights "
        "on the endpoint itself.",
    )

    @field_validator("api")
    @classmethod
    def _check_api(cls, value: Api | None, info: ValidationInfo) -> Api | None:
        if value is not None and getattr(info.data.get("serving"), "flavour", "") == "async":
            raise ValueError(
                "an asynchronous endpoint has no API: its requests and answers are objects of the lake. "
                "Set `serving: {flavour: realtime}` or `{flavour: serverless}`"
            )
        return value
