"""What a team may say about models that come from, and go to, other environments."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from mlops_iac.config.names import check_stack
from mlops_iac.config.section import Section

Partner = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,26}(@[0-9]{12})?$"),
    Field(examples=["churn-dev", "churn-dev@222222222222"]),
]
"""A stack, with its account where that is another one: ``churn-dev``, ``churn-dev@222222222222``."""

MOST_PARTNERS = 10


class Promotion(Section):
    sources: tuple[Partner, ...] = Field(
        default=(),
        alias="from",
        max_length=MOST_PARTNERS,
        description="Stacks whose models may be promoted to this one, such as churn-dev, or churn-dev@222222222222 for "
        "one in another account: this one gets a pipeline `promotion`, whose jobs may read their models. Left out: "
        "none.",
    )
    receivers: tuple[Partner, ...] = Field(
        default=(),
        alias="to",
        max_length=MOST_PARTNERS,
        description="Stacks to which models of this one may be promoted: their jobs' role may read the archives of "
        "models in its lake, and nothing else. Left out: none.",
    )
    approval: bool = Field(
        default=True, description="A model that passed the gate here waits for `mlops-iac approve` before it serves."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, partners in (("from", self.sources), ("to", self.receivers)):
            stacks = [stack_of(one) for one in partners]
            for stack in stacks:
                if broken := check_stack(stack):
                    raise ValueError(f"`{name}` names `{stack}`: {broken}")
                if stacks.count(stack) > 1:
                    raise ValueError(f"`{name}` names `{stack}` twice")
        return self


class PromotionOptions(Section):
    """The options of a blueprint whose models can be promoted."""

    promotion: Promotion = Field(
        default=Promotion(), description="Models that come from other environments, and go to them."
    )


def stack_of(partner: str) -> str:
    return partner.partition("@")[0]


def account_of(partner: str) -> str:
    """Empty: the environment's own."""
    return partner.partition("@")[2]
