"""What a company's file and a stack's file say about policies. Which policies there are is not known here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from mlops_iac.config.section import Section
from mlops_iac.core.severity import Severity

Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Reason = Annotated[str, StringConstraints(min_length=8, max_length=500, strip_whitespace=True)]


class WaiverSection(Section):
    """Leave for one resource to break one policy, for a time."""

    rule: Words = Field(description="The policy; `mlops-iac policy list` shows them.")
    resource: Words = Field(description="Its logical name, such as `lake-bucket`; `*` stands for anything.")
    reason: Reason = Field(description="Why it may: a sentence.")
    owner: Words = Field(description="Who answers for it.")
    expires: date = Field(description='The last day on which it holds: "2027-01-31".')


class RuleSection(Section):
    """What a company says of one policy."""

    severity: Severity | None = Field(
        default=None, description="error, warning or advice. Left out: what the policy says for the stack's profile."
    )
    off: Reason | None = Field(default=None, description="Why it is not asked. Left out: it is.")
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="What the policy lets a company set; `mlops-iac policy show NAME` says what."
    )
    waivable: bool = Field(default=True, description="Whether a stack's own file may waive it.")


class PolicySection(Section):
    """Of all stacks, or of a group."""

    rules: dict[str, RuleSection] = Field(default_factory=dict, description="Policies, by name.")
    waivers: tuple[WaiverSection, ...] = Field(
        default=(), description="What may break a policy in each of these stacks."
    )


class ProjectPolicySection(PolicySection):
    """Of the whole project."""

    folder: Words | None = Field(
        default=None,
        description="A folder of the project with the company's own policies, one Python file each. Left out: none.",
    )
