"""`access:` of a stack file: who may enter the environment, and how far they are trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from mlops_iac.config.section import Section
from mlops_iac.core.access import LEVEL_WORDS, Level, parse_principal, partition_of

MOST: int = 60
"""Entries. What says who may assume a role has 2,048 characters; some twenty ARNs fill it."""


def _check(principal: str) -> str:
    parse_principal(principal)
    return principal


Principal = Annotated[str, StringConstraints(max_length=700), AfterValidator(_check)]
"""As `core/access.py` reads one."""


class AccessSection(Section):
    """One principal."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    principal: Principal = Field(
        description="A user's or a role's ARN, or a permission set of IAM Identity Center: `sso:NAME`."
    )
    level: Level = Field(
        alias="as", description=". ".join(f"{level}: {words}" for level, words in LEVEL_WORDS.items()) + "."
    )
    until: date | None = Field(
        default=None, description='The last day on which it may: "2027-01-31". Left out: until it is removed.'
    )
    mfa: bool = Field(
        default=False, description="Only after signing in with a second factor, which AWS is told of for users alone."
    )


def find_faults(access: Sequence[AccessSection], region: str) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the entries together: index, detail, hint."""
    here = partition_of(region)
    for index, one in enumerate(access):
        named = parse_principal(one.principal)
        if named.partition and named.partition != here:
            detail = f"`{one.principal}` is in partition `{named.partition}`, and {region} is in `{here}`."
            yield index, detail, "no role is assumed across partitions: name a principal of this one."
        if any(one.principal == before.principal for before in access[:index]):
            detail = f"`{one.principal}` is named twice; each level may do what those below it may."
            yield index, detail, "keep the entry with the level that is meant."
