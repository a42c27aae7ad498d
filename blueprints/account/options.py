"""What a platform team may say about its account. Every option has a default that works."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from mlops_iac.config.access import Principal
from mlops_iac.config.section import Section

Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=100)]
Ref = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_./-]+$", max_length=200)]
"""A branch or a path: no `*`, which would let in more than it says."""


class Host(Section):
    provider_exists: bool = Field(
        default=False, description="The account trusts this host already, by something else: IAM takes it once."
    )


class GitHub(Host):
    repository: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9_.-]+$", max_length=140)] = Field(
        description="The repository that holds the stack files, as OWNER/NAME.", examples=["acme/ml-platform", "a/b"]
    )
    branch: Ref = Field(default="main", description="The branch that is deployed.")
    environments: tuple[Word, ...] = Field(
        default=("production",),
        max_length=20,
        description="GitHub's environments whose jobs may deploy: their rules say who approves, and which branches. "
        "None: whatever runs on the branch may.",
    )


class GitLab(Host):
    project: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$", max_length=255)] = Field(
        description="The project that holds the stack files, as GROUP/NAME.", examples=["acme/ml-platform", "a/b"]
    )
    branch: Ref = Field(default="main", description="The branch that is deployed: protect it.")
    host: Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+$", max_length=253)] = Field(
        default="gitlab.com", description="Where GitLab is."
    )


class AzureDevOps(Host):
    organization: Word = Field(description="The organization's name.", examples=["acme", "other"])
    organization_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] = Field(
        description="The organization's id, which its tokens are signed by.",
        examples=["0f4b5e9c-3c1a-4d5e-9f6a-7b8c9d0e1f2a", "1f4b5e9c-3c1a-4d5e-9f6a-7b8c9d0e1f2a"],
    )
    project: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_. -]+$", max_length=64)] = Field(
        description="The project that holds the stack files.", examples=["ml-platform", "other"]
    )
    preview_connection: Word = Field(default="mlops-iac-preview", description="The service connection that previews.")
    deploy_connection: Word = Field(
        default="mlops-iac-deploy", description="The service connection that deploys: limit it to the branch."
    )


class Ci(Section):
    github: GitHub | None = Field(default=None, description="GitHub Actions of one repository. Left out: none.")
    gitlab: GitLab | None = Field(default=None, description="GitLab CI of one project. Left out: none.")
    azure_devops: AzureDevOps | None = Field(
        default=None, description="Azure Pipelines of one project. Left out: none."
    )


class PlanReview(Section):
    reviewers: Annotated[tuple[Principal, ...], Field(min_length=1, max_length=40)] = Field(
        description="Who may approve plans: users and roles by their ARN, of this account or another, and permission "
        "sets of IAM Identity Center as `sso:NAME`. Nobody else may sign, whatever IAM says of them.",
        examples=[["sso:PlanReviewers"], ["arn:aws:iam::111122223333:user/ben"]],
    )


class AccountOptions(Section):
    """What an account needs once: a bucket for states, a key for secrets, roles for CI, a key for approved plans."""

    runs_code: ClassVar[bool] = False

    keep_versions_days: int = Field(
        default=365, ge=1, le=3650, description="Days in which a state that was overwritten or deleted can be had back."
    )
    ci: Ci = Field(default=Ci(), description="Hosts whose pipelines may come in, by roles of their own.")
    plan_review: PlanReview | None = Field(
        default=None,
        description="A key of KMS that reviewers sign approved plans with, for stacks with `review: two-persons`. Left "
        "out: none; their plans are signed under the passphrase of their secrets.",
    )
