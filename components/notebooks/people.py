"""The people of a Studio domain: a profile for each, with a role of their own, and the spaces that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi_aws.sagemaker import Space, UserProfile

from mlops_iac.components._kit import BoundaryRef, Component, DomainRef, KeyRef, Named, Reach
from mlops_iac.components._kit import sagemaker as kit
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.components.notebooks.domain import LOG_GROUP

__all__ = ["People", "PeopleArgs", "PeopleNodes"]

# Idle cost: nothing. A space's disk is billed once a person has started it, its machine while it runs.

LOOK: Final = (
    "sagemaker:DescribeApp",
    "sagemaker:DescribeDomain",
    "sagemaker:DescribeSpace",
    "sagemaker:DescribeUserProfile",
)
FIND: Final = (
    "sagemaker:ListApps",
    "sagemaker:ListDomains",
    "sagemaker:ListSpaces",
    "sagemaker:ListUserProfiles",
)
OPEN: Final = ("sagemaker:CreatePresignedDomainUrl",)
RUN: Final = ("sagemaker:AddTags", "sagemaker:CreateApp", "sagemaker:DeleteApp")
OWN: Final = ("sagemaker:CreateSpace", "sagemaker:DeleteSpace", "sagemaker:UpdateSpace")
KINDS: Final = ("app", "domain", "space", "user-profile")


@dataclass(frozen=True, kw_only=True)
class PeopleArgs:
    """Who they are."""

    domain: DomainRef
    names: Sequence[str]
    """Of the profiles. Where people come in by Identity Center, these are their names there."""
    spaces: Sequence[str] = ()
    """Names of spaces that everybody shares; the first person is their owner. Left out: none."""
    instance_type: str = "ml.t3.medium"
    """What a shared space begins with. Left out: 2 vCPU, 4 GiB."""
    key: KeyRef | None = None
    """Encrypts the disks of their spaces. Left out: AWS-managed encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of their roles. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `PeopleNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class PeopleNodes:
    roles: Mapping[str, Role]
    profiles: Mapping[str, UserProfile]
    spaces: Mapping[str, Space]


class People(Component):
    """Each person's notebooks act in a role that is theirs, so that the cloud's log says who did what."""

    Nodes = PeopleNodes
    reach = (
        *kit.REACH,
        Reach(actions=(*LOOK, *OPEN, *RUN, *OWN), on=tuple(f"{kind}/*" for kind in KINDS)),
        Reach(actions=FIND),
    )

    def __init__(self, place: Named, args: PeopleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        roles = {name: self._create_role(name, args) for name in args.names}
        profiles = {name: self._create_profile(name, args, roles[name]) for name in args.names}
        spaces = {name: self._create_space(name, args, profiles) for name in args.spaces}

        self.nodes = PeopleNodes(roles=roles, profiles=profiles, spaces=spaces)
        self.roles: Mapping[str, Role] = roles
        self.register_outputs({"profiles": [profile.user_profile_name for profile in profiles.values()]})

    def _create_role(self, name: str, args: PeopleArgs) -> Role:
        place, opts = self.within(f"{name.lower()}-role")
        role_args = RoleArgs(
            services=("sagemaker.amazonaws.com",),
            description=f"What {name} runs in Studio acts as this",
            grants=[*kit.write_logs(self.place, LOG_GROUP, "*"), *kit.encrypt(self.place, args.key)],
            boundary=args.boundary,
            transforms=self.transform_of("roles", "role"),
        )
        role = Role(place, role_args, opts)
        role.grant(*self._rights(name, args))
        return role

    def _rights(self, name: str, args: PeopleArgs) -> list[Any]:
        """To see the domain, to come in as oneself, to run apps, and to have spaces of one's own."""
        own = self._arn(args, "user-profile", name)
        below = [self._arn(args, kind, "*") for kind in ("app", "space", "user-profile")]
        return [
            self.allow("look", LOOK, (self._arn(args, "domain"), *below)),
            self.allow("find", FIND, ("*",)),
            self.allow("open", OPEN, (own,)),
            self.allow("run", RUN, (below[0], below[1])),
            self.allow("own", OWN, (below[1],), {"ArnLike": {"sagemaker:OwnerUserProfileArn": own}}),
        ]

    def _arn(self, args: PeopleArgs, kind: str, name: str = "") -> pulumi.Output[str]:
        return pulumi.Output.concat(self.site.arn("sagemaker", f"{kind}/"), args.domain.id, f"/{name}" if name else "")

    def _create_profile(self, name: str, args: PeopleArgs, role: Role) -> UserProfile:
        props: dict[str, Any] = {
            "domain_id": args.domain.id,
            "user_profile_name": name,
            "user_settings": {"execution_role": role.role_arn},
        }
        if args.domain.auth == "SSO":
            props |= {"single_sign_on_user_identifier": "UserName", "single_sign_on_user_value": name}
        return self.make("profiles", UserProfile, props, name=name.lower(), depends_on=[role])

    def _create_space(self, name: str, args: PeopleArgs, profiles: Mapping[str, UserProfile]) -> Space:
        machine = {"default_resource_spec": {"instance_type": args.instance_type}}
        owner = profiles[args.names[0]]
        props = {
            "domain_id": args.domain.id,
            "space_name": name,
            "ownership_settings": {"owner_user_profile_name": owner.user_profile_name},
            "space_sharing_settings": {"sharing_type": "Shared"},
            "space_settings": {"app_type": "JupyterLab", "jupyter_lab_app_settings": machine},
        }
        return self.make("spaces", Space, props, name=name.lower(), depends_on=list(profiles.values()))
