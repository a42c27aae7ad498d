"""The AWS provider's settings, each of them: honoured here, of no meaning here, or refused by name.

Source: https://www.pulumi.com/registry/packages/aws/installation-configuration/ and pulumi_aws's `Provider`, which the
test goes through. What they do to tags: pulumi/pulumi-aws, ``provider/tags.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlops_iac.core.errors import PlanError, Problem
from mlops_iac.core.strict_json import read_json
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.values.value import UNKNOWN, Props, has_unknown

HONOURED: Final = frozenset({"region", "defaultTags", "ignoreTags", "allowedAccountIds", "forbiddenAccountIds"})

HOW_AWS_IS_REACHED: Final = frozenset(
    {
        "accessKey", "secretKey", "token", "profile", "sharedConfigFiles", "sharedCredentialsFiles",
        "httpProxy", "httpsProxy", "noProxy", "insecure", "customCaBundle",
        "ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode", "useDualstackEndpoint", "useFipsEndpoint",
        "s3UsePathStyle", "s3UsEast1RegionalEndpoint", "stsRegion", "userAgents",
        "maxRetries", "retryMode", "tokenBucketRateLimiterCapacity",
        "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId",
    }
)  # fmt: skip
"""Credentials, network and patience: the embedded cloud needs none of them, and makes the same things without."""

REFUSED: Final[Mapping[str, str]] = {
    "assumeRoles": "it would act in another role, perhaps in another account, and there is one account here",
    "assumeRoleWithWebIdentity": "it would act in another role, perhaps in another account, and there is one here",
    "endpoints": "it would send the requests of a service elsewhere, and all of them are answered here",
    "tagPolicyCompliance": "tag policies are of an organization, and there is none here",
}
"""Each with why it cannot be honoured."""

_OF_THE_ENGINE: Final = frozenset({"version", "__internal", "pluginDownloadURL", "__defaults"})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What changes what is made."""

    region: str = ""
    default_tags: Any = field(default_factory=dict)
    """Tags of every resource that takes any; UNKNOWN in a preview that cannot know them."""
    ignored_keys: tuple[str, ...] = ()
    ignored_prefixes: tuple[str, ...] = ()
    """Tags that are somebody else's: never shown, never removed."""

    def as_props(self) -> dict[str, Any]:
        """What a scope carries: nothing where nothing is said."""
        said = {
            "default_tags": self.default_tags,
            "ignored_keys": self.ignored_keys,
            "ignored_prefixes": self.ignored_prefixes,
        }
        return {key: value for key, value in said.items() if value is UNKNOWN or value}


def read(settings: Props) -> Settings:
    """Checked settings, structures as they are or as JSON text."""
    region = settings.get("region")
    ignored = _structure(settings, "ignoreTags")
    return Settings(
        region=region if isinstance(region, str) else "",
        default_tags=UNKNOWN if _is_unknown(settings, "defaultTags") else _tags(_structure(settings, "defaultTags")),
        ignored_keys=tuple(ignored.get("keys") or ()),
        ignored_prefixes=tuple(ignored.get("keyPrefixes") or ()),
    )


def check(settings: Props, account_id: str | None) -> None:
    """Raise PlanError with everything that is not honoured, not understood, or forbids this account."""
    problems = [*_refused(settings), *_malformed(settings)]
    if not problems and account_id is not None:
        problems = _forbidden(settings, account_id)
    if problems:
        raise PlanError.of(problems)


def _refused(settings: Props) -> list[Problem]:
    known = HONOURED | HOW_AWS_IS_REACHED | REFUSED.keys() | _OF_THE_ENGINE
    found = []
    for name in sorted(settings):
        if name in REFUSED and settings[name] not in (None, "", "[]", "{}", [], {}):
            found.append(
                Problem(
                    path=f"aws:{name}",
                    summary="Provider setting is not honoured here.",
                    detail=f"The embedded cloud refuses `{name}`: {REFUSED[name]}.",
                    hint="leave it out for this stack, or deploy with `--cloud aws`.",
                )
            )
        elif name not in known:
            found.append(
                Problem(
                    path=f"aws:{name}",
                    summary="There is no such provider setting.",
                    detail=f"`{name}` is not a setting of AWS's provider.",
                    hint=did_you_mean(name, HONOURED | HOW_AWS_IS_REACHED | REFUSED.keys()),
                )
            )
    return found


def _malformed(settings: Props) -> list[Problem]:
    found = []
    for name, kind, example in (
        ("defaultTags", dict, "{tags: {team: screening}}"),
        ("ignoreTags", dict, "{keys: [LastScanned]}"),
        ("allowedAccountIds", list, '["123456789012"]'),
        ("forbiddenAccountIds", list, '["123456789012"]'),
    ):
        value = None if _is_unknown(settings, name) else _parsed(settings.get(name))
        inner = value.get("tags") if name == "defaultTags" and isinstance(value, dict) else {}
        if value is not None and (not isinstance(value, kind) or not isinstance(inner or {}, dict)):
            found.append(
                Problem(
                    path=f"aws:{name}",
                    summary="Provider setting has another shape.",
                    detail=f"Value given: {settings[name]!r}",
                    hint=f"write it as `{example}`.",
                )
            )
    return found


def _forbidden(settings: Props, account_id: str) -> list[Problem]:
    allowed, forbidden = (
        [] if _is_unknown(settings, name) else [str(one) for one in _parsed(settings.get(name)) or ()]
        for name in ("allowedAccountIds", "forbiddenAccountIds")
    )
    if account_id in forbidden:
        name, detail = "forbiddenAccountIds", f"`forbiddenAccountIds` names {account_id}, which is this account."
    elif allowed and account_id not in allowed:
        name, detail = "allowedAccountIds", f"This account is {account_id}; `allowedAccountIds` is {allowed}."
    else:
        return []
    hint = f"sign in to another account, or add {account_id} to the stack's `aws:allowedAccountIds`."
    if name == "forbiddenAccountIds":
        hint = "sign in to another account, or take it out of the list."
    return [Problem(path=f"aws:{name}", summary="This account is not allowed.", detail=detail, hint=hint)]


def _structure(settings: Props, name: str) -> dict[str, Any]:
    value = None if _is_unknown(settings, name) else _parsed(settings.get(name))
    return value if isinstance(value, dict) else {}


def _tags(default_tags: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in (default_tags.get("tags") or {}).items() if value is not None}


def _is_unknown(settings: Props, name: str) -> bool:
    return has_unknown(settings.get(name))


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return read_json(value) if value else None
    except ValueError:
        return value
