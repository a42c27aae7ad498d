"""The decision: whether a principal may do an action on a resource, from all the policies that speak about it. Pure.

An explicit deny anywhere wins. Else a resource policy that names the principal directly allows by itself within one
account, and an identity policy, the permissions boundary and the session policy must each allow. Across accounts both
the resource policy and the principal's own policies must allow.

Source: "Policy evaluation logic" in the IAM user guide, with its sections on requests within one account and across
accounts (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from mlops_iac.cloud.iam.conditions import Keys
from mlops_iac.cloud.iam.documents import Document, Names, Statement

Kind = Literal["identity-based policy", "permissions boundary", "session policy", "resource-based policy"]


@dataclass(frozen=True)
class Policy:
    """One document and where it comes from."""

    name: str
    """As a person finds it: an ARN, or ``role screening-dev-flow-role: inline``."""
    document: Document


@dataclass(frozen=True, kw_only=True)
class Policies:
    """All documents that speak about a principal and a resource."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] = ()
    """Session policies; none given means no limit."""
    resource: Policy | None = None
    resource_decides: bool = False
    """The resource's policy must allow, within its own account too: KMS keys, and roles by their trust policy."""
    granted: bool = False
    """A KMS grant allows it, whatever the identity policies say."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One action on one resource, by somebody, with the condition keys of the request."""

    who: Names
    action: str
    resource: str
    resource_account: str
    keys: Keys = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Decision:
    allowed: bool
    explicit: bool = False
    """Refused by a statement that denies, not for lack of one that allows."""
    kind: Kind | None = None
    """Which kind of policy refused, or allowed."""
    policy: str = ""
    """Its name; empty when no policy of the kind allows."""
    sid: str = ""


def evaluate(ask: Ask, policies: Policies) -> Decision:
    """AWS's decision."""
    return _find_deny(ask, policies) or _decide(ask, policies)


def _decide(ask: Ask, policies: Policies) -> Decision:
    resource = _find_resource_allow(ask, policies)
    if policies.granted:
        return Decision(allowed=True, kind="resource-based policy", policy="grant")
    if ask.who.service:
        return resource[1] if resource else _refused("resource-based policy")
    same_account = ask.who.account == ask.resource_account
    if not same_account and resource is None:
        return _refused("resource-based policy")
    if same_account and resource is not None and resource[0] in ("session", "identity", "everybody"):
        return _within_limits(ask, policies, resource[0]) or resource[1]
    if policies.resource_decides and resource is None:
        return _refused("resource-based policy")
    identity = _find_allow(ask, policies.identity, "identity-based policy")
    if identity is None:
        return _refused("identity-based policy")
    return _limits(ask, policies) or identity


def _within_limits(ask: Ask, policies: Policies, how: str) -> Decision | None:
    """What may still refuse what a resource policy allows directly: a session named by its own ARN, and a user, are
    past the boundary and the session policy, a session that ``*`` names is past the boundary; a role named by its ARN
    is held by both."""
    if how == "session" or not ask.who.session:
        return None
    return _limits(ask, policies, boundary=how != "everybody")


def _limits(ask: Ask, policies: Policies, *, boundary: bool = True) -> Decision | None:
    if boundary and policies.boundary and _find_allow(ask, (policies.boundary,), "permissions boundary") is None:
        return _refused("permissions boundary", policies.boundary.name)
    if policies.session and _find_allow(ask, policies.session, "session policy") is None:
        return _refused("session policy")
    return None


def _find_deny(ask: Ask, policies: Policies) -> Decision | None:
    for kind, policy, statement in _statements(policies):
        if statement.effect != "Deny" or not statement.applies(ask.action, ask.resource, ask.keys):
            continue
        # `NotPrincipal` denies whoever has a boundary, listed or not: "NotPrincipal with Deny", IAM user guide.
        caught = statement.not_principals and policies.boundary is not None
        if kind != "resource-based policy" or caught or statement.names(ask.who):
            return Decision(allowed=False, explicit=True, kind=kind, policy=policy.name, sid=statement.sid)
    return None


def _find_resource_allow(ask: Ask, policies: Policies) -> tuple[str, Decision] | None:
    """The most direct allow of the resource's policy, and how it names the principal."""
    if policies.resource is None:
        return None
    found = []
    for statement in policies.resource.document.statements:
        how = statement.names(ask.who)
        if statement.effect == "Allow" and how and statement.applies(ask.action, ask.resource, ask.keys):
            found.append((how, statement.sid))
    if not found:
        return None
    how, sid = min(found, key=lambda each: ("session", "identity", "everybody", "account").index(each[0]))
    return how, Decision(allowed=True, kind="resource-based policy", policy=policies.resource.name, sid=sid)


def _find_allow(ask: Ask, policies: tuple[Policy, ...], kind: Kind) -> Decision | None:
    for policy in policies:
        for statement in policy.document.statements:
            if statement.effect == "Allow" and statement.applies(ask.action, ask.resource, ask.keys):
                return Decision(allowed=True, kind=kind, policy=policy.name, sid=statement.sid)
    return None


def _statements(policies: Policies) -> Iterator[tuple[Kind, Policy, Statement]]:
    """Every statement, in the order in which AWS names the first that denies."""
    kinds: tuple[tuple[Kind, tuple[Policy, ...]], ...] = (
        ("resource-based policy", (policies.resource,) if policies.resource else ()),
        ("identity-based policy", policies.identity),
        ("permissions boundary", (policies.boundary,) if policies.boundary else ()),
        ("session policy", policies.session),
    )
    for kind, listed in kinds:
        for policy in listed:
            for statement in policy.document.statements:
                yield kind, policy, statement


def _refused(kind: Kind, policy: str = "") -> Decision:
    return Decision(allowed=False, kind=kind, policy=policy)
