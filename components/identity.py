"""Who may do what: roles with one inline policy rendered from grants, under one boundary for the whole environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi_aws.iam import Policy, RolePolicy
from pulumi_aws.iam import Role as IamRole

from mlops_iac.components._kit import BoundaryRef, Component, Grant, Named, Reach, RoleRef, policy
from mlops_iac.components._kit.documents import dumps, render, settled
from mlops_iac.components._kit.reach import outside, without_repeats
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.core.errors import BlueprintError

__all__ = ["Boundary", "BoundaryArgs", "BoundaryNodes", "Federated", "Role", "RoleArgs", "RoleNodes", "make_role"]

# Idle cost: nothing. IAM bills neither roles nor policies.

LONGEST_INLINE = 10_240
LONGEST_MANAGED = 6_144
LONGEST_TRUST = 2_048
"""Characters of a role's inline policies together, of a managed policy, and of a role's trust policy; blanks are not
counted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


@dataclass(frozen=True, kw_only=True)
class Federated:
    """Whom an identity provider may vouch for: by the audience and the subject of the token that it signed."""

    provider_arn: pulumi.Input[str]
    host: str
    """Where the provider is, as its condition keys begin: ``gitlab.com``."""
    audience: str
    subjects: tuple[str, ...]
    """What a token's ``sub`` may be; ``*`` stands for any characters."""

    def trust(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html"""
        audience, subject = {f"{self.host}:aud": self.audience}, {f"{self.host}:sub": sorted(self.subjects)}
        equal: dict[str, Any] = {"StringEquals": {**audience, **subject}}
        if any("*" in one for one in self.subjects):
            equal = {"StringEquals": audience, "StringLike": subject}
        return {
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": self.provider_arn},
            "Condition": equal,
        }


@dataclass(frozen=True, kw_only=True)
class RoleArgs:
    """Who may assume a role, and what it may do."""

    description: str
    """What the role is for, in the words of a person who reads the list of roles."""
    services: tuple[str, ...] = ()
    """AWS services that may assume it, by principal: ``("sagemaker.amazonaws.com",)``. Left out: none."""
    federated: Federated | None = None
    """Whom an identity provider may vouch for. Left out: nobody."""
    persons: Sequence[Mapping[str, Any]] = ()
    """Statements of trust for persons, as `components/access.py` writes them. Left out: no person may assume it."""
    grants: Sequence[Grant] = ()
    """What it may do from the start. Left out: only what owners grant it later (``lake.grant_read(role)``)."""
    boundary: BoundaryRef | None = None
    """Ceiling of what it may ever do. Left out: none, which only fits an account that sets one by other means."""
    source_account: bool = True
    """Demand ``aws:SourceAccount``, which keeps a service from acting for another account's resource. Left out:
    demanded. EC2 and ECS tasks do not send it when they assume a role."""
    max_hours: int = 1
    """Longest session, in hours (1 to 12). Left out: one hour."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``role``, ``policy``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class RoleNodes:
    role: IamRole
    policy: RolePolicy


class Role(Component):
    """An IAM role. Grants are collected until the program ends and rendered, sorted, into one inline policy."""

    Nodes = RoleNodes

    def __init__(self, place: Named, args: RoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        self.stem = place.name.removesuffix("-role")  # a child `…-role-role` would help nobody
        self._grants: dict[str, Grant] = {}
        self._ceiling = args.boundary.ceiling if args.boundary else None
        self._rendered = False
        for grant in args.grants:
            self.grant(grant)

        role = self._create_role(args)
        inline = self._create_policy(role)

        self.nodes = RoleNodes(role=role, policy=inline)
        self.role_name: pulumi.Output[str] = role.name
        self.role_arn: pulumi.Output[str] = role.arn
        self.ref = RoleRef(name=role.name, arn=role.arn)
        self.site.roles.append(self)
        self.register_outputs({"role_name": role.name, "role_arn": role.arn})

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What has been granted so far, sorted by sid."""
        return tuple(self._grants[sid] for sid in sorted(self._grants))

    def grant(self, *grants: Grant) -> None:
        """Allow something more. What one owner allows by one word is one statement, on the resources of all its grants.

        Raises BlueprintError for other actions or conditions by the same word, and after the policy has been rendered.
        """
        for grant in grants:
            if self._rendered:
                raise BlueprintError(
                    "Granted too late.",
                    f"The policy of role `{self.place.name}` is rendered already; `{grant.sid}` would be lost.",
                    hint="grant while the program builds resources: not in apply(), not after a blocking invoke.",
                )
            known = self._grants.get(grant.sid)
            self._grants[grant.sid] = known.united(grant) if known else grant

    def _create_role(self, args: RoleArgs) -> IamRole:
        what = f"What says who may assume role `{self.place.name}`"
        props: dict[str, Any] = {
            "description": args.description,
            "assume_role_policy": render(policy(self._trusts(args))).apply(
                lambda text: fitting(text, LONGEST_TRUST, what, "name a role that many assume, or a permission set.")
            ),
            "max_session_duration": args.max_hours * 3600,
        }
        if args.boundary:
            props["permissions_boundary"] = args.boundary.arn
        return self.make("role", IamRole, props)

    def _trusts(self, args: RoleArgs) -> list[dict[str, Any]]:
        if not args.services and not args.federated and not args.persons:
            raise BlueprintError(
                "A role is for nobody.",
                f"Role `{self.place.name}` names neither a service nor a person nor whom a provider vouches for.",
                hint="give it `services`, `persons` or `federated`.",
            )
        federated = [args.federated.trust()] if args.federated else []
        return [self._trust(args)] * bool(args.services) + federated + [dict(one) for one in args.persons]

    def _trust(self, args: RoleArgs) -> dict[str, Any]:
        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": sorted(args.services)},
        }
        if args.source_account:
            statement["Condition"] = {"StringEquals": {"aws:SourceAccount": self.site.account_id}}
        return statement

    def _create_policy(self, role: IamRole) -> RolePolicy:
        document = settled(self._document()).apply(self._checked)
        return self.make("policy", RolePolicy, {"role": role.name, "policy": document})

    async def _document(self) -> dict[str, Any]:
        """The policy of everything granted, and the ceiling it must keep to. Pulumi awaits it after the program's last
        line: all owners have spoken."""
        self._rendered = True
        if not self._grants:
            raise BlueprintError(
                "A role may do nothing.",
                f"Nothing was granted to role `{self.place.name}`; AWS refuses an empty policy.",
                hint="grant it something (`lake.grant_read(role)`), or leave the role out.",
            )
        self._check_actions()
        ceiling = self._ceiling.statements(self.site) if self._ceiling else None
        return {"granted": policy(grant.statement() for grant in self.grants), "ceiling": ceiling}

    def _check_actions(self) -> None:
        """Known in every preview, when many resources are not."""
        if self._ceiling is None:
            return
        for grant in self.grants:
            if beyond := sorted(set(grant.actions) - self._ceiling.actions):
                raise self._outside(grant.sid, [f"`{action}`" for action in beyond])

    def _checked(self, documents: dict[str, Any]) -> str:
        for statement in documents["granted"]["Statement"] if self._ceiling else ():
            if beyond := outside(documents["ceiling"], statement):
                raise self._outside(statement["Sid"], beyond)
        return fitting(dumps(documents["granted"]), LONGEST_INLINE, f"The policy of role `{self.place.name}`")

    def _outside(self, sid: str, beyond: Sequence[str]) -> BlueprintError:
        return BlueprintError(
            "A grant stands outside the boundary.",
            f"Role `{self.place.name}` was granted `{sid}`, but no component of this environment may allow "
            f"{', '.join(beyond)}; AWS would deny it.",
            hint="let the component that grants it declare it in `reach`, or give it to the boundary (`also`).",
        )


def fitting(
    document: str, limit: int, what: str, hint: str = "split the environment, or give its parts roles of their own."
) -> str:
    """The document. Raises BlueprintError when IAM would refuse its length."""
    if len(document) > limit:
        raise BlueprintError(
            "A policy is too long.",
            f"{what} has {len(document):,} characters; IAM takes {limit:,}.",
            hint=hint,
        )
    return document


def make_role(
    parent: Component,
    child: str,
    *,
    description: str,
    services: tuple[str, ...] = (),
    federated: Federated | None = None,
    grants: Sequence[Grant] = (),
    boundary: BoundaryRef | None = None,
    source_account: bool = True,
) -> Role:
    """A role inside another component; that component's transform for ``child`` changes the IAM role itself."""
    place, opts = parent.within(child.replace("_", "-"))
    args = RoleArgs(
        services=services,
        federated=federated,
        description=description,
        grants=grants,
        boundary=boundary,
        source_account=source_account,
        transforms=parent.transform_of(child, "role"),
    )
    return Role(place, args, opts)


@dataclass(frozen=True, kw_only=True)
class BoundaryArgs:
    """What an environment's roles may reach beyond what its components declare."""

    also: Sequence[Reach] = ()
    """For roles of your own. Left out: only what the components in use may allow."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children: ``policy``. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class BoundaryNodes:
    policy: Policy


class Boundary(Component):
    """The permissions boundary of every role in the environment: what the components in use may allow, on its own
    names, and nothing else."""

    Nodes = BoundaryNodes

    def __init__(
        self, place: Named, args: BoundaryArgs | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = args or BoundaryArgs()
        super().__init__(place, args.transforms, opts)
        self.site.ceiling.add(args.also)
        ceiling = self._create_policy()

        self.nodes = BoundaryNodes(policy=ceiling)
        self.policy_arn: pulumi.Output[str] = ceiling.arn
        self.ref = BoundaryRef(arn=ceiling.arn, ceiling=self.site.ceiling)
        self.register_outputs({"policy_arn": ceiling.arn})

    def _create_policy(self) -> Policy:
        props = {
            "description": f"The most that any role of {self.site.stack} may do.",
            "policy": settled(self._statements())
            .apply(lambda found: dumps(policy(without_repeats(found))))
            .apply(lambda text: fitting(text, LONGEST_MANAGED, f"The boundary of `{self.site.stack}`")),
        }
        return self.make("policy", Policy, props)

    async def _statements(self) -> list[dict[str, Any]]:
        """Awaited after the program's last line: all components have declared their part."""
        return self.site.ceiling.statements(self.site)
