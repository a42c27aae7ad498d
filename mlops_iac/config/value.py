"""What an environment is for: `value:` of a stack file, or of the company's. It is told beside what it costs."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from mlops_iac.config.section import Section

Words = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[\w.:/=+@-][\w .:/=+@-]*$", strip_whitespace=True)
]
"""As AWS takes a tag's value."""

OWNER_TAG: Final = "mlops-iac:value-owner"
USE_CASE_TAG: Final = "mlops-iac:use-case"


class Value(Section):
    """Who wants it, what for, and how much that is worth."""

    owner: Words | None = Field(
        default=None, description="Who answers for what it is worth: a person, a department. Left out: nobody is named."
    )
    use_case: Words | None = Field(
        default=None, description="What it is for, in a few words. Left out: nothing is said."
    )
    expected_usd_a_month: float | None = Field(
        default=None,
        gt=0,
        le=10**12,
        description="What it is expected to bring in a month, in US dollars. Left out: nothing is compared.",
    )

    def tags(self) -> dict[str, str]:
        """On every resource, for cost reports. What is expected is no tag: it changes more often than resources do."""
        told = {OWNER_TAG: self.owner, USE_CASE_TAG: self.use_case}
        return {key: text for key, text in told.items() if text}
