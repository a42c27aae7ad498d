"""Which rights are used: each statement of a role is taken away in thought, and what was asked is asked again.

A right without which nothing that was asked would be refused is idle: it is not needed for what ran here since the
cloud started, or another right covers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.iam import policies
from mlops_iac.cloud.iam.documents import Document, Statement
from mlops_iac.cloud.iam.evaluate import Ask, Policies, Policy, evaluate
from mlops_iac.cloud.iam.matching import matches

if TYPE_CHECKING:
    from mlops_iac.cloud.iam.enforcer import Enforcer

Asked = Sequence[tuple[Ask, Policies]]


@dataclass(frozen=True, kw_only=True)
class Right:
    """One statement of a role's policies."""

    policy: str
    sid: str
    needed_by: tuple[str, ...]
    """Actions on resources that would be refused without it, sorted; empty when it is idle."""
    idle_actions: tuple[str, ...]
    """Actions it allows that nobody asked for."""


def rights(identity: Iterable[Policy], asked: Asked) -> Iterator[Right]:
    """Every statement that allows something, with what needs it. Pure."""
    allowed = [(ask, found) for ask, found in asked if evaluate(ask, found).allowed]
    actions = {ask.action for ask, _ in asked}
    for policy in identity:
        for statement in policy.document.statements:
            if statement.effect == "Allow":
                lost = (ask for ask, found in allowed if not evaluate(ask, _without(found, policy, statement)).allowed)
                yield Right(
                    policy=policy.name,
                    sid=statement.sid,
                    needed_by=tuple(sorted({f"{ask.action} on {ask.resource}" for ask in lost})),
                    idle_actions=tuple(a for a in statement.actions if not _is_asked(a, actions)),
                )


def report(enforcer: Enforcer) -> dict[str, Any]:
    """For ``GET /_mlops-iac/iam``: what was asked, every role that acted with its rights, and those that never did."""
    with enforcer.locked():
        by_role: dict[str, list[tuple[Ask, Policies]]] = {}
        for question in enforcer.record.questions():
            if question.principal.kind == "role":
                asked = enforcer.question(question.principal, question.action, question.resource, question.keys)
                by_role.setdefault(question.principal.arn, []).append(asked)
        roles = {arn: _shown(enforcer, arn, asked) for arn, asked in sorted(by_role.items())}
        idle = sorted(set(policies.role_arns()) - set(by_role))
    return {"enforced": enforcer.enforced, **enforcer.record.shown(), "roles": roles, "idle_roles": idle}


def _shown(enforcer: Enforcer, arn: str, asked: Asked) -> list[Mapping[str, Any]]:
    principal = enforcer.sessions.principal(arn, "")
    return [
        {"policy": r.policy, "sid": r.sid, "needed_by": r.needed_by, "idle_actions": r.idle_actions}
        for r in rights(policies.identity_policies(principal), asked)
    ]


def _without(found: Policies, policy: Policy, statement: Statement) -> Policies:
    identity = tuple(
        Policy(each.name, Document(tuple(s for s in each.document.statements if s is not statement)))
        if each.name == policy.name
        else each
        for each in found.identity
    )
    return replace(found, identity=identity)


def _is_asked(pattern: str, actions: Iterable[str]) -> bool:
    return any(matches(pattern, action, ignore_case=True) for action in actions)
