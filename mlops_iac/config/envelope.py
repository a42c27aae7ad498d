"""What every stack says, whatever its blueprint: the `mlops-iac:` keys of a stack file."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from mlops_iac.config import names
from mlops_iac.config.access import MOST, AccessSection
from mlops_iac.config.policies import WaiverSection
from mlops_iac.config.project import shorten
from mlops_iac.config.section import Section
from mlops_iac.config.usage import Usage
from mlops_iac.config.value import Value
from mlops_iac.core.expiry import check_expiry

PRODUCTION = ("prod", "production")
"""Environments that are protected unless the stack file says otherwise."""

KEY = r"^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/[A-Za-z0-9/_-]+|alias/[A-Za-z0-9/_-]{1,250})$"
"""A key of KMS as its calls take one: by its ARN, or by an alias."""

MAX_TAGS = 40
"""AWS allows 50 tags on a resource; ten are left to this tool and to AWS."""

_TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*")
_OWNER = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_CODE_PART = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._ +@-]*[A-Za-z0-9_+@-])?")
"""No hidden folder: `.mlops-iac` holds the passphrase, and a run uploads the whole folder."""

_CODE_CHARACTER = re.compile(r"[A-Za-z0-9._ +@-]")


class Security(StrEnum):
    SANDBOX = "sandbox"
    STANDARD = "standard"
    REGULATED = "regulated"


def _follow(rule: Any) -> AfterValidator:
    """A validator from a function that answers with the rule that was broken, or None."""

    def check(value: str) -> str:
        broken = rule(value)
        if broken:
            raise ValueError(broken)
        return value

    return AfterValidator(check)


def _check_code(code: str) -> str | None:
    parts = code.split("/")
    if len(code) > 200:
        return f"It is {len(code)} characters long; it may have 200."
    for part in parts:
        odd = sorted({character for character in part if not _CODE_CHARACTER.fullmatch(character)})
        if "\\" in odd or not part:
            return "It is a folder below the project's root, written with single forward slashes and none at its ends."
        if odd:
            shown = " ".join(f"`{shorten(character)}`" for character in odd[:5])
            return f"A folder's name may have a-z, A-Z, 0-9, blanks and `._+@-`; `{shorten(part, 60)}` has {shown}."
        if part == "..":
            return "It is a folder below the project's root, so `..` is not allowed."
        if part.startswith("."):
            return f"`{part[:60]}` is hidden, or the project itself; it must be a folder below the project's root."
        if not _CODE_PART.fullmatch(part):
            return f"`{part[:60]}`: a folder's name begins and ends with a letter, a digit or `_`."
    return None


def _check_owner(owner: str) -> str | None:
    if len(owner) > 254 or not _OWNER.fullmatch(owner):
        return "It is one e-mail address, such as ml-platform@example.org."
    return None


def _check_tags(tags: dict[str, str]) -> dict[str, str]:
    # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#tag-conventions
    for key, value in tags.items():
        if key.lower().startswith(("aws:", "mlops-iac:")):
            raise ValueError(f"`{key[:60]}`: tags that start with `aws:` or `mlops-iac:` are not yours to set.")
        if not 1 <= len(key) <= 128 or not _TAG_TEXT.fullmatch(key):
            raise ValueError(f"`{key[:60]}`: a tag's key has 1 to 128 letters, digits, spaces and _.:/=+-@ characters.")
        if len(value) > 256 or not _TAG_TEXT.fullmatch(value):
            raise ValueError(
                f"`{key[:60]}`: a tag's value has up to 256 letters, digits, spaces and _.:/=+-@ characters."
            )
    if len(tags) > MAX_TAGS:
        raise ValueError(f"There are {len(tags)} tags; there may be {MAX_TAGS}.")
    return tags


class Envelope(Section):
    """The `mlops-iac:` keys. `options` is the blueprint's own."""

    team: Annotated[str, _follow(names.check_team)] = Field(
        description=f"The team it belongs to; starts every resource's name. {names.TEAM_RULE.capitalize()}."
    )
    environment: Annotated[str, _follow(names.check_environment)] = Field(
        description=f"Which of the team's environments it is, say dev or prod. {names.ENVIRONMENT_RULE.capitalize()}."
    )
    blueprint: Annotated[str, StringConstraints(min_length=1, max_length=60)] = Field(
        description="What to build; `mlops-iac blueprint list` shows the choices."
    )
    blueprint_version: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description=(
            "The version of the blueprint that this file is written for. Left out: 1. `mlops-iac upgrade` raises it."
        ),
    )
    code: Annotated[str, _follow(_check_code)] = Field(
        default="", description="The team's own code: a folder below the project's root. A run packs it as it is."
    )
    security: Security = Field(
        default=Security.STANDARD,
        description=(
            "How strict the environment is. sandbox: for throw-away experiments; standard: private, encrypted, jobs "
            "without network; regulated: standard, and audited, kept and protected."
        ),
    )
    owner: Annotated[str, _follow(_check_owner)] | None = Field(
        default=None,
        description="E-mail address that alerts and budget notices go to. Left out: nobody is notified by e-mail.",
    )
    tags: Annotated[dict[str, str], AfterValidator(_check_tags)] = Field(
        default_factory=dict,
        description="Tags on every resource, for cost reports and search. Left out: only this tool's own.",
    )
    protect: bool | None = Field(
        default=None,
        description=(
            "Refuse to delete what holds data. Left out: true when the environment is prod or production or security "
            "is regulated, else false."
        ),
    )
    expires: Annotated[str, _follow(check_expiry)] | None = Field(
        default=None,
        description=(
            "When it may be destroyed: a length of time from its first `up` (7d, 12h), or a day (2026-12-24, whose end "
            "counts). `mlops-iac destroy --expired` does it; what is protected cannot expire. Left out: never."
        ),
    )
    review: Literal["none", "two-persons"] = Field(
        default="none",
        description=(
            "two-persons: `up` and `destroy` carry out only a saved plan that somebody else than its author has "
            "approved (`mlops-iac plan approve`)."
        ),
    )
    review_key: Annotated[str, Field(pattern=KEY)] | None = Field(
        default=None,
        description=(
            "Key of KMS that signs plans, and who made and approved them, with `review: two-persons`: its ARN, or "
            "alias/NAME; of the kind ECC_NIST_P256, for signing. Left out: the passphrase of the stack's secrets signs."
        ),
    )
    access: Annotated[tuple[AccessSection, ...], Field(max_length=MOST)] = Field(
        default=(), description="Persons who may work in it, each as viewer, scientist or admin. Left out: nobody."
    )
    usage: Usage = Field(default=Usage(), description="How much it is used in a month, for `mlops-iac cost`.")
    value: Value = Field(default=Value(), description="Who wants it, what for, and what it is expected to bring.")
    waivers: tuple[WaiverSection, ...] = Field(
        default=(), description="Which policies a resource may break, why, whose word it is and until when."
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="The blueprint's own settings; `mlops-iac blueprint show NAME` explains them."
    )

    @property
    def is_protected(self) -> bool:
        if self.protect is not None:
            return self.protect
        return self.environment in PRODUCTION or self.security is Security.REGULATED
