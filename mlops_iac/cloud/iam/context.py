"""The condition keys of a request.

Source: "AWS global condition context keys" in the IAM user guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html); those of services are in
`data/context.json`. A request on loopback counts as sent over TLS 1.3, as it would be on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from mlops_iac.cloud.iam.callers import Principal
from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.parameters import find
from mlops_iac.cloud.iam.reference import find_service, read_data

Tags = Callable[[], Mapping[str, str]]


class Context(Mapping[str, tuple[str, ...]]):
    """Keys in lower case to values. Tags of the resource are read when a policy asks for one: that costs a call."""

    def __init__(self, keys: Keys, tags: Tags | None = None) -> None:
        self.keys_given = dict(keys)
        self._tags = tags

    def __getitem__(self, name: str) -> tuple[str, ...]:
        if name not in self.keys_given and self._tags is not None and "resourcetag/" in name:
            found = {key.lower(): value for key, value in self._tags().items()}
            wanted = name.split("resourcetag/", 1)[1]
            if wanted in found:
                return (found[wanted],)
        return self.keys_given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_given)

    def __len__(self) -> int:
        return len(self.keys_given)


def request_keys(service: str, parameters: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The keys that an operation's parameters fill, tags of the request among them."""
    known = find_service(service)
    found: dict[str, tuple[str, ...]] = {}
    for key, paths in read_data("context.json").get(known.prefix if known else service, {}).items():
        values = [value for path in paths for value in find(parameters, path, lambda *_: None)]
        if values:
            found[key.lower()] = tuple(_plain(value) for value in values)
    tags = request_tags(parameters)
    if tags:
        found["aws:tagkeys"] = tuple(tags)
        found.update({f"aws:requesttag/{name.lower()}": (value,) for name, value in tags.items()})
    return found


def principal_keys(principal: Principal) -> dict[str, tuple[str, ...]]:
    """The keys that tell who asks."""
    if principal.federated:
        return {
            "aws:principalaccount": (principal.account,),
            "aws:principalarn": (principal.shown,),
            "aws:principaltype": ("FederatedUser",),
            "aws:userid": (f"{principal.account}:{principal.federated}",),
            **_tag_keys(principal),
        }
    kinds = {"person": "User", "user": "User", "role": "AssumedRole"}
    found: dict[str, tuple[str, ...]] = {
        "aws:principalaccount": (principal.account,),
        "aws:principalarn": (principal.arn,),
        "aws:principaltype": (kinds[principal.kind],),
        "aws:userid": (f"{principal.name}:{principal.session}" if principal.session else principal.name,),
        **_tag_keys(principal),
    }
    return found if principal.kind == "role" else {**found, "aws:username": (principal.name,)}


def _tag_keys(principal: Principal) -> dict[str, tuple[str, ...]]:
    return {f"aws:principaltag/{name.lower()}": (value,) for name, value in principal.tags.items()}


def place_keys(region: str, resource_account: str) -> dict[str, tuple[str, ...]]:
    """The keys that every request on this machine has."""
    now = datetime.now(UTC)
    return {
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:requestedregion": (region,),
        "aws:resourceaccount": (resource_account,),
        "aws:securetransport": ("true",),
        "aws:sourceip": ("127.0.0.1",),
        "aws:viaawsservice": ("false",),
        "s3:authtype": ("REST-HEADER",),
        "s3:resourceaccount": (resource_account,),
        "s3:signatureversion": ("AWS4-HMAC-SHA256",),
        "s3:tlsversion": ("1.3",),
    }


def request_tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Tags that a request would set, in the ways in which services take them: a list of pairs, or a map."""
    tags = parameters.get("Tags", parameters.get("tags"))
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    if not isinstance(tags, list):
        return {}
    pairs = [{key.lower(): value for key, value in each.items()} for each in tags if isinstance(each, Mapping)]
    return {str(each["key"]): str(each.get("value", "")) for each in pairs if "key" in each}


def _plain(value: str) -> str:
    return value.lower() if value in ("True", "False") else value
