"""The keys of a stack file outside the blueprint's options: Pulumi's own, `aws:`, `mlops-iac:` and other namespaces."""

from __future__ import annotations

from itertools import islice
from typing import Any

from mlops_iac.config import pulumi_values
from mlops_iac.config.document import Document, Path
from mlops_iac.config.envelope import Envelope
from mlops_iac.config.problems import MAX_PROBLEMS, UNKNOWN_KEY
from mlops_iac.config.project import PROJECT, shorten
from mlops_iac.config.regions import list_regions
from mlops_iac.core.errors import Problem
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.core.suggestions import did_you_mean, nearest

TOP_KEYS = {
    "config": "Settings, as `namespace:key`.",
    "encryptionsalt": "Pulumi's: checks the passphrase of this file's secrets. `pulumi config set --secret` writes it.",
    "encryptedkey": "Pulumi's: the data key of a cloud secrets provider.",
    "secretsprovider": "Pulumi's: who encrypts this file's secrets. Left out: a passphrase.",
}

AWS_SECRETS = ("accessKey", "secretKey", "token")
AWS_KEYS = (
    *AWS_SECRETS,
    "allowedAccountIds",
    "assumeRoles",
    "assumeRoleWithWebIdentity",
    "customCaBundle",
    "defaultTags",
    "ec2MetadataServiceEndpoint",
    "ec2MetadataServiceEndpointMode",
    "endpoints",
    "forbiddenAccountIds",
    "httpProxy",
    "httpsProxy",
    "ignoreTags",
    "insecure",
    "maxRetries",
    "noProxy",
    "profile",
    "region",
    "retryMode",
    "s3UsEast1RegionalEndpoint",
    "s3UsePathStyle",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
    "stsRegion",
    "tagPolicyCompliance",
    "tokenBucketRateLimiterCapacity",
    "useDualstackEndpoint",
    "useFipsEndpoint",
    "userAgents",
)
"""Settings of Pulumi's AWS provider: https://www.pulumi.com/registry/packages/aws/installation-configuration/"""


def check_top(document: Document, problems: list[Problem]) -> dict[str, Any]:
    """The `config:` mapping; empty, with a problem, when there is none."""
    top = document.values
    if not isinstance(top, dict):
        problems.append(document.problem((), "A stack file is a mapping.", "It must hold a `config:` mapping."))
        return {}
    for key in islice(top, MAX_PROBLEMS):
        if key not in TOP_KEYS:
            problems.append(document.problem((key,), UNKNOWN_KEY, "", did_you_mean(key, TOP_KEYS)))
        elif key != "config" and not isinstance(top[key], str):
            problems.append(document.problem((key,), "This must be text.", f"Value given: {_show(top[key])}"))
    config = top.get("config")
    if not isinstance(config, dict):
        given = f"Value given: {_show(config)}" if "config" in top else "There is no `config:` in this file."
        problems.append(document.problem(("config",), "`config:` must be a mapping of settings.", given))
        return {}
    return config


def lift(config: dict[str, Any]) -> dict[str, Any]:
    """The `mlops-iac:` keys without their namespace, as YAML values.

    `pulumi config set` writes every value as text, so `"true"` and a JSON object in quotes are understood where a flag
    or a mapping is asked for.
    """
    own = {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items() if key.startswith(f"{PROJECT}:")}
    if own.get("protect") in ("true", "false"):
        own["protect"] = own["protect"] == "true"
    if isinstance(version := own.get("blueprint_version"), str) and version.isdecimal():
        own["blueprint_version"] = int(version)
    for key in ("tags", "usage", "value", "options"):
        if isinstance(own.get(key), str) and own[key].lstrip().startswith("{"):
            own[key] = _parse_json(own[key])
        elif key in own and own[key] in (None, ""):
            # `mlops-iac:options:` with everything below it commented out; the Pulumi CLI rewrites that as `""`.
            own[key] = {}
    return own


def _parse_json(text: str) -> Any:
    try:
        return read_json(text)
    except NotStrictJson:
        return text


def check_config(document: Document, config: dict[str, Any], problems: list[Problem]) -> None:
    """Namespaces, the keys of `aws:`, the region, and secrets where there must or must not be one."""
    for key, value in config.items():
        if len(problems) > MAX_PROBLEMS:
            return
        namespace, separator, name = key.partition(":")
        if not separator or not namespace or not name:
            problems.append(_bare_key(document, key))
        elif namespace == "aws":
            problems += _check_aws(document, name, value)
        elif namespace == PROJECT and pulumi_values.holds_secret(value):
            problems.append(
                document.problem(
                    ("config", key),
                    "This cannot be a secret.",
                    f"Keys of `{PROJECT}:` end up in names, tags and pipeline definitions, in clear.",
                    "keep secrets in AWS Secrets Manager, or under a namespace of your own.",
                )
            )
    if config and "aws:region" not in config:
        typed = nearest("aws:region", [key for key in config if key.startswith("aws:") and key[4:] not in AWS_KEYS])
        hint = (
            f"add `aws:region: eu-west-1`, or another; `{typed}` may be meant."
            if typed
            else "add `aws:region: eu-west-1`."
        )
        problems.append(document.problem(("config", "aws:region"), "This key is missing.", "", hint))


def _bare_key(document: Document, key: str) -> Problem:
    name = key.strip(":")
    path = ("config", key)
    if name in Envelope.model_fields:
        hint = f"write `{PROJECT}:{name}`."
    elif name == "region":
        hint = "write `aws:region`."
    else:
        hint = f"write `{PROJECT}:{shorten(name, 40)}` or another namespace."
    return document.problem(path, "A setting's key is `namespace:key`.", f"Key given: {shorten(key)}", hint)


def _check_aws(document: Document, name: str, value: Any) -> list[Problem]:
    path = ("config", f"aws:{name}")
    if name == "region":
        return _check_region(document, path, value)
    if name == "profile" and not (isinstance(value, str) and value):
        return [document.problem(path, "This must be text.", f"Value given: {_show(value)}")]
    if name in AWS_SECRETS and not pulumi_values.is_secure(value):
        detail = "Whoever can read this file, or its history, has the key. The value is not repeated here."
        hint = "remove it and revoke that key; use `aws:profile` or the environment's own credentials."
        return [document.problem(path, "Credentials are in clear text.", detail, hint)]
    match = nearest(name, AWS_KEYS) if name not in AWS_KEYS else None
    if match:
        return [document.problem(path, UNKNOWN_KEY, "", f"did you mean `aws:{match}`?")]
    return []


def _check_region(document: Document, path: Path, value: Any) -> list[Problem]:
    regions = list_regions()
    if isinstance(value, str) and value in regions:
        return []
    given = value if isinstance(value, str) else ""
    detail = f"Value given: {_show(value)}"
    return [document.problem(path, "There is no such region.", detail, did_you_mean(given, regions))]


def _show(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else shorten(str(value).lower() if isinstance(value, bool) else str(value))
