"""How persons come into an environment: a role for each level of trust, which the persons named may assume, and nobody
else.

What a level may do is what the environment's components say of it (`people` of each). The roles stand under a boundary
of their own: that of jobs has no room for persons, and a person's rights are none of a job's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pulumi
from pulumi_aws.iam import Policy

from mlops_iac.components._kit import BoundaryRef, Component, Named, policy
from mlops_iac.components._kit.documents import render
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import LONGEST_MANAGED, Role, RoleArgs, fitting
from mlops_iac.core.access import LEVELS, Level, parse_principal
from mlops_iac.core.errors import BlueprintError

__all__ = ["Access", "AccessArgs", "AccessNodes", "Member"]

# Idle cost: nothing. IAM bills neither roles nor policies.


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody who may assume a role."""

    principal: str
    """A user's or a role's ARN, or ``sso:NAME`` (`core/access.py`)."""
    until: date | None = None
    """The last day, in UTC, on which they may; a session that began before its end goes on for an hour at most. Left
    out: for as long as they are named."""
    mfa: bool = False
    """Only after they have signed in with a second factor. Roles and permission sets do not tell AWS of one, so this
    is for users. Left out: however they signed in."""


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Who may come in."""

    members: Mapping[Level, Sequence[Member]]
    """By level; a level without members has no role."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `AccessNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class AccessNodes:
    boundary: Policy
    viewer: Role | None
    scientist: Role | None
    admin: Role | None


class Access(Component):
    """Roles for persons. Made last: what persons may do is what all components have said by then."""

    Nodes = AccessNodes

    def __init__(self, place: Named, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        if self.site.people.empty:
            raise BlueprintError(
                "There is nothing for persons here.",
                f"No component of {self.site.stack} says what persons may do in it.",
                hint="leave out `mlops-iac:access`; for pipelines of CI there is the account's own stack.",
            )
        boundary = self._create_boundary()
        self.roles = {
            level: self._create_role(level, args.members[level], boundary)
            for level in LEVELS
            if args.members.get(level)
        }

        self.nodes = AccessNodes(
            boundary=boundary,
            viewer=self.roles.get("viewer"),
            scientist=self.roles.get("scientist"),
            admin=self.roles.get("admin"),
        )
        self.role_arns: dict[str, pulumi.Output[str]] = {level: role.role_arn for level, role in self.roles.items()}
        self.register_outputs({"role_arns": self.role_arns})

    def _create_boundary(self) -> Policy:
        """What an administrator may do: no role for persons goes beyond it, whatever becomes of its policy."""
        ceiling = self.site.people.ceiling("admin", whole=True)
        props = {
            "description": f"The most that any person may do by the roles of {self.site.stack}.",
            "policy": render(policy(ceiling.statements(self.site))).apply(
                lambda text: fitting(text, LONGEST_MANAGED, f"The boundary of persons of `{self.site.stack}`")
            ),
        }
        return self.make("boundary", Policy, props, name="boundary-policy")

    def _create_role(self, level: Level, members: Sequence[Member], boundary: Policy) -> Role:
        place, opts = self.within(level)
        args = RoleArgs(
            description=f"Persons who are {level} of {self.site.stack}",
            persons=tuple(self._trusts(members)),
            grants=[*self.site.people.grants(self.site, level)],
            boundary=BoundaryRef(arn=boundary.arn, ceiling=self.site.people.ceiling("admin", whole=True)),
            transforms=self.transform_of(level, "role"),
        )
        return Role(place, args, opts)

    def _trusts(self, members: Sequence[Member]) -> Iterator[dict[str, Any]]:
        """Those who are named exactly share a statement, where their conditions are the same."""
        named: dict[tuple[date | None, bool], list[str]] = {}
        for member in members:
            if parse_principal(member.principal).kind == "sso":
                yield self._trust_set(member)
            else:
                named.setdefault((member.until, member.mfa), []).append(member.principal)
        for (until, mfa), arns in named.items():
            yield _trust(sorted(arns), _conditions(until, mfa))

    def _trust_set(self, member: Member) -> dict[str, Any]:
        """The account is the principal, and the condition the roles that Identity Center makes of the set."""
        found = parse_principal(member.principal)
        site = self.site
        account = pulumi.Output.from_input(found.account or site.account_id)
        arns = [
            pulumi.Output.concat(f"arn:{site.partition}:iam::", account, f":{pattern}") for pattern in found.patterns()
        ]
        conditions = _conditions(member.until, member.mfa)
        conditions["ArnLike"] = {"aws:PrincipalArn": arns}
        return _trust(pulumi.Output.concat(f"arn:{site.partition}:iam::", account, ":root"), conditions)


def _trust(who: Any, conditions: Mapping[str, Any]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": who}}
    return {**statement, "Condition": dict(conditions)} if conditions else statement


def _conditions(until: date | None, mfa: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if mfa:
        found["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    if until:
        found["DateLessThanEquals"] = {"aws:CurrentTime": f"{until:%Y-%m-%d}T23:59:59Z"}
    return found
