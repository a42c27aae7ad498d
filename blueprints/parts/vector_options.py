"""What a team may say about its vector store."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from mlops_iac.config.section import Section


class Index(Section):
    """The index. All of it is settled when it is made: a change replaces the index, and a run fills the new one."""

    dimension: int = Field(default=128, ge=1, le=4096, description="Numbers of a vector: what your embedding makes.")
    metric: Literal["cosine", "euclidean"] = Field(default="cosine", description="How near two vectors are.")
    hidden: tuple[Annotated[str, StringConstraints(min_length=1, max_length=63)], ...] = Field(
        default=("text",),
        max_length=10,
        description="Metadata keys that no filter can name; only they may be large, 40 KB together.",
    )
    top: int = Field(
        default=10, ge=1, le=100, description="How many chunks each question of an evaluation is answered with."
    )
    keep: int = Field(
        default=2, ge=1, le=20, description="How many versions of the documents stay, for a rollback: the newest ones."
    )


class Pattern(Section):
    pattern: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        description="A regular expression, without lookarounds."
    )
    action: Literal["BLOCK", "ANONYMIZE"] = Field(
        default="ANONYMIZE", description="Replace what it matches by its name in braces, or block the whole text."
    )

    @field_validator("pattern")
    @classmethod
    def _check(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"it is no regular expression: {error}") from None
        return value


class Guard(Section):
    """What a guardrail of Bedrock looks for. Left out, both: there is no guardrail."""

    words: tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...] = Field(
        default=(),
        max_length=10_000,
        description="Words or short phrases: what has one is blocked.",
    )
    patterns: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=100)], Pattern] = (
        Field(default={}, max_length=10, description="Regular expressions, by name.")
    )


class VectorOptions(Section):
    """The options of a blueprint with a vector store."""

    guardrail: Guard = Field(
        default=Guard(), description="What may be neither asked nor shown. Left out: there is no guardrail."
    )
    vectors: Index = Field(default=Index(), description="Where the vectors of the documents are.")
