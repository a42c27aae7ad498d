"""What a team may say about its Studio domain and the people in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator, model_validator

from mlops_iac.blueprints.parts.adopt_options import ServingAdopt
from mlops_iac.blueprints.parts.training_options import InstanceType
from mlops_iac.components.notebooks.limits import LEAST_IDLE, MOST_IDLE
from mlops_iac.config.section import Section
from mlops_iac.core.errors import Problem

Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=40)]
"""Of a profile or a space, as SageMaker takes it; its 63 characters leave room for the names of roles."""
SecretArn = Annotated[
    str,
    StringConstraints(pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$"),
    Field(examples=["arn:aws:secretsmanager:eu-west-1:123456789012:secret:git-Ab12Cd"]),
]
DomainId = Annotated[str, StringConstraints(pattern=r"^d-[a-z0-9](-*[a-z0-9]){0,60}$")]


class Repository(Section):
    url: Annotated[str, StringConstraints(max_length=1024)] = Field(
        description="Its address, such as https://github.com/acme/notebooks.git; no user and no password in it.",
        examples=["https://github.com/acme/notebooks.git"],
    )
    branch: Annotated[str, StringConstraints(pattern=r"^[^\s~^:?*\[\\]+$", max_length=1024)] | None = Field(
        default=None, description="Left out: the repository's own."
    )
    secret: SecretArn | None = Field(
        default=None,
        description="ARN of a secret in AWS Secrets Manager that holds `username` and `password`. Left out: each "
        "person gives their own.",
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        found = urlsplit(value)
        if "@" in found.netloc or found.password:
            raise ValueError("it holds a user or a password, which would be read by whoever sees this file: `secret`")
        if found.scheme != "https" or not found.hostname or not found.path.strip("/"):
            raise ValueError("it must begin with https:// and name a repository")
        return value


class AdoptedDomain(Section):
    domain_id: DomainId = Field(
        description="The Studio domain, of this account and region, in which profiles and spaces are made."
    )


class StudioAdopt(ServingAdopt):
    domain: AdoptedDomain | None = Field(
        default=None,
        description="A Studio domain that is there: an account begins with a quota of one or a few in a region. Left "
        "out: the environment has one of its own.",
    )


class Studio(Section):
    """A domain of SageMaker Studio, its people and the spaces that they share."""

    people: tuple[Name, ...] = Field(
        default=("team",),
        min_length=1,
        max_length=50,
        description="A profile and a role for each. With `auth: sso` these are their user names in Identity Center.",
        json_schema_extra={"x-written": True},
    )
    auth: Literal["iam", "sso"] = Field(
        default="iam", description="How people come in: with their own AWS credentials, or by AWS IAM Identity Center."
    )
    idle_minutes: int = Field(
        default=LEAST_IDLE,
        ge=LEAST_IDLE,
        le=MOST_IDLE,
        description="A machine on which nothing has happened for so many minutes is stopped.",
    )
    instance_type: InstanceType = Field(
        default="ml.t3.medium", description="What a shared space begins with; people choose others for theirs."
    )
    disk_gib: int = Field(default=5, ge=5, le=16384, description="Disk of a new space, in GiB.")
    most_disk_gib: int = Field(default=100, ge=5, le=16384, description="The largest that a person may choose, in GiB.")
    spaces: tuple[Name, ...] = Field(
        default=("together",), max_length=20, description="Spaces that everybody shares; the first person owns them."
    )
    git: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=30)], Repository] = Field(
        default={}, max_length=10, description="Repositories that people are offered, by names of your own."
    )

    @field_validator("people", "spaces")
    @classmethod
    def _check_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Roles are called after them, in small letters."""
        seen: set[str] = set()
        for name in value:
            if name.lower() in seen:
                raise ValueError(f"`{name}` is there twice")
            seen.add(name.lower())
        return value

    @model_validator(mode="after")
    def _check_disks(self) -> Self:
        if self.disk_gib > self.most_disk_gib:
            raise ValueError(f"`disk_gib` is {self.disk_gib}, and `most_disk_gib` {self.most_disk_gib}, which is less")
        return self


class StudioOptions(Section):
    """The options of a blueprint with a Studio domain."""

    studio: Studio = Field(default=Studio(), description="Where people write notebooks.")

    @property
    def not_embedded(self) -> Iterable[Problem]:
        """What the embedded cloud does not have."""
        if self.studio.auth == "sso":
            yield Problem(
                path="mlops-iac:options.studio.auth",
                summary="The embedded cloud has no Identity Center.",
                detail="`auth: sso` lets people in by AWS IAM Identity Center, which only AWS has.",
                hint="set `auth: iam` for this stack, or deploy it with --cloud aws.",
            )
