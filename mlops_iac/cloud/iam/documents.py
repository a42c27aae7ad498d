"""Policy documents as statements, parsed once for each text.

Source: "IAM JSON policy element reference" in the IAM user guide
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlops_iac.cloud.iam.conditions import Condition, Keys, lookup_in, parse_conditions
from mlops_iac.cloud.iam.matching import MissingVariable, matches
from mlops_iac.core.strict_json import read_json

PrincipalMatch = Literal["session", "identity", "account", "everybody"]
"""How directly a statement names a principal: its very session, its role or user, its whole account, or everybody."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """By which names a principal may be called in a document."""

    session: str = ""
    """``arn:aws:sts::<account>:assumed-role/<role>/<session>``; empty for a user."""
    identity: str = ""
    """The ARN of the role or the user; empty for a service."""
    account: str = ""
    service: str = ""
    """``sagemaker.amazonaws.com``, for a service that acts by itself."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement. Actions are compared without case, resources with it."""

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    """Empty in a trust policy: it speaks of its own role."""
    not_resources: bool
    principals: Mapping[str, tuple[str, ...]] | None
    """``AWS``, ``Service``, … to names; None in an identity policy."""
    not_principals: bool
    conditions: tuple[Condition, ...]
    variables: bool
    """False in documents of the version 2008-10-17, which know no policy variables."""

    def applies(self, action: str, resource: str, keys: Keys) -> bool:
        """Whether it speaks about an action on a resource, whoever asks."""
        if any(matches(a, action, ignore_case=True) for a in self.actions) == self.not_actions:
            return False
        if self.resources:
            found = [self._covers(pattern, resource, keys) for pattern in self.resources]
            if any(found) == self.not_resources or (self.not_resources and None in found):
                return False
        return all(condition.holds(keys, self.variables) for condition in self.conditions)

    def _covers(self, pattern: str, resource: str, keys: Keys) -> bool | None:
        """None when the request does not have what a variable of the pattern stands for."""
        try:
            return matches(pattern, resource, lookup_in(keys) if self.variables else None)
        except MissingVariable:
            return None

    def names(self, who: Names) -> PrincipalMatch | None:
        """How it names a principal, None when it does not. `NotPrincipal` names everybody it does not list; who is to
        be left out of a denial must be listed whole: account, role and session, or account and user."""
        if self.principals is None:
            return None
        found = _find_principal(self.principals, who)
        if not self.not_principals:
            return found
        left_out = _lists_whole(self.principals, who) if self.effect == "Deny" else found and found != "account"
        return None if left_out else "everybody"


@dataclass(frozen=True)
class Document:
    statements: tuple[Statement, ...]


class MalformedDocument(ValueError):
    """A text that is no policy document."""


@functools.lru_cache(maxsize=1024)
def parse_document(text: str) -> Document:
    """A policy document from its JSON text. Raises `MalformedDocument`."""
    try:
        document = read_json(text)
        statements = document["Statement"]
        listed = statements if isinstance(statements, list) else [statements]
        variables = document.get("Version") == "2012-10-17"
        return Document(tuple(_statement(each, variables) for each in listed))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise MalformedDocument(f"{type(error).__name__}: {error}") from error


def _statement(given: Mapping[str, Any], variables: bool) -> Statement:
    principals = given.get("Principal", given.get("NotPrincipal"))
    return Statement(
        sid=given.get("Sid", ""),
        effect="Deny" if given["Effect"] == "Deny" else "Allow",
        actions=_texts(given.get("Action", given.get("NotAction", ()))),
        not_actions="NotAction" in given,
        resources=_texts(given.get("Resource", given.get("NotResource", ()))),
        not_resources="NotResource" in given,
        principals=_principals(principals) if principals is not None else None,
        not_principals="NotPrincipal" in given,
        conditions=parse_conditions(given.get("Condition", {})),
        variables=variables,
    )


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(str(each) for each in value)


def _principals(value: Any) -> dict[str, tuple[str, ...]]:
    if isinstance(value, str):
        return {"*" if value == "*" else "AWS": (value,)}
    return {kind: _texts(names) for kind, names in value.items()}


def _find_principal(principals: Mapping[str, tuple[str, ...]], who: Names) -> PrincipalMatch | None:
    """The most direct way in which a principal is named."""
    if who.service:
        named = principals.get("Service", ())
        return "identity" if who.service in named or "*" in principals else None
    named = principals.get("AWS", ())
    if who.session and who.session in named:
        return "session"
    if who.identity and who.identity in named:
        return "identity"
    if who.account in named or any(_is_root_of(name, who.account) for name in named):
        return "account"
    return "everybody" if "*" in named or "*" in principals else None


def _lists_whole(principals: Mapping[str, tuple[str, ...]], who: Names) -> bool:
    """ "AWS JSON policy elements: NotPrincipal" in the IAM user guide."""
    if who.service or "*" in principals:
        return _find_principal(principals, who) is not None
    named = principals.get("AWS", ())
    account = who.account in named or any(_is_root_of(name, who.account) for name in named)
    return "*" in named or (account and all(name in named for name in (who.session, who.identity) if name))


def _is_root_of(name: str, account: str) -> bool:
    parts = name.split(":")
    return len(parts) == 6 and parts[2] == "iam" and parts[4] == account and parts[5] == "root"
