"""How pipelines of a code host come into the account, without a key that anybody could lose: two roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_aws.iam import OpenIdConnectProvider, Policy, RolePolicyAttachment

from mlops_iac.components._kit import Component, Grant, Named, policy, render
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.account import rights
from mlops_iac.components.account.hosts import Trusted
from mlops_iac.components.account.rights import Right
from mlops_iac.components.identity import LONGEST_MANAGED, Federated, Role, fitting, make_role

__all__ = ["CiAccess", "CiAccessArgs", "CiAccessNodes"]

# Idle cost: nothing. IAM bills neither providers nor roles.


@dataclass(frozen=True, kw_only=True)
class CiAccessArgs:
    """Whom to trust, and what the roles may do besides."""

    trusted: Trusted
    previewing: Sequence[Grant]
    """What the preview role may do besides reading resources: reading states."""
    deploying: Sequence[Grant]
    """What the deploy role may do besides making resources, and what it may not."""
    provider_exists: bool = False
    """The account has this provider already: IAM takes one for each address. Left out: it is made."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `CiAccessNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class CiAccessNodes:
    provider: OpenIdConnectProvider | None
    reading: Sequence[Policy]
    """What both roles may read. Policies of their own, because a role's is too short for all this."""
    making: Sequence[Policy]
    """What the deploy role may make."""
    preview_role: Role
    deploy_role: Role
    attachments: Sequence[RolePolicyAttachment]


class CiAccess(Component):
    """An identity provider, a role that previews, and one that deploys what blueprints make."""

    Nodes = CiAccessNodes

    def __init__(self, place: Named, args: CiAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        provider = None if args.provider_exists else self._create_provider(args.trusted)
        arn = provider.arn if provider else self.site.arn("iam", f"oidc-provider/{args.trusted.host}", region=False)
        self.provider_arn: pulumi.Output[str] = arn
        preview = self._create_role("preview_role", args, args.trusted.preview, args.previewing)
        deploy = self._create_role("deploy_role", args, args.trusted.deploy, args.deploying)
        reading = [
            self._create_policy("reading", _numbered("reading", number), part)
            for number, part in enumerate(rights.reading(), 1)
        ]
        making = [
            self._create_policy("making", f"making-{number}", part) for number, part in enumerate(rights.making(), 1)
        ]
        attached = [
            *(
                self._attach(part, _numbered("preview-reads", number), preview)
                for number, part in enumerate(reading, 1)
            ),
            *(self._attach(part, _numbered("deploy-reads", number), deploy) for number, part in enumerate(reading, 1)),
            *(self._attach(part, f"deploy-makes-{number}", deploy) for number, part in enumerate(making, 1)),
        ]

        self.nodes = CiAccessNodes(
            provider=provider,
            reading=reading,
            making=making,
            preview_role=preview,
            deploy_role=deploy,
            attachments=attached,
        )
        self.preview_role_arn, self.deploy_role_arn = preview.role_arn, deploy.role_arn
        self.register_outputs({"preview_role_arn": preview.role_arn, "deploy_role_arn": deploy.role_arn})

    def _create_provider(self, trusted: Trusted) -> OpenIdConnectProvider:
        props = {"url": trusted.url, "client_id_lists": [trusted.audience]}
        return self.make("provider", OpenIdConnectProvider, props)

    def _create_policy(self, child: str, name: str, part: Sequence[Right]) -> Policy:
        document = render(policy(right.grant(self.place).statement() for right in part))
        what = f"Policy `{name}` of `{self.place.name}`"
        props = {
            "description": f"What pipelines do in this account, for stacks of it ({name})",
            "policy": document.apply(lambda text: fitting(text, LONGEST_MANAGED, what)),
        }
        return self.make(child, Policy, props, name=name)

    def _attach(self, held: Policy, name: str, role: Role) -> RolePolicyAttachment:
        props = {"role": role.role_name, "policy_arn": held.arn}
        return self.make("attachments", RolePolicyAttachment, props, name=name)

    def _create_role(self, child: str, args: CiAccessArgs, subjects: tuple[str, ...], grants: Sequence[Grant]) -> Role:
        verb = child.partition("_")[0]
        return make_role(
            self,
            child,
            description=f"Pipelines of {args.trusted.host} {verb} stacks",
            federated=Federated(
                provider_arn=self.provider_arn,
                host=args.trusted.host,
                audience=args.trusted.audience,
                subjects=subjects,
            ),
            grants=grants,
        )


def _numbered(name: str, number: int) -> str:
    """The first keeps the name that it had when it was the only one."""
    return name if number == 1 else f"{name}-{number}"
