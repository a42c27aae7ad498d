"""A domain of SageMaker Studio in the environment's own network, whose machines stop when idle.

Only a sandbox's notebooks have another way: SageMaker's own, to the internet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pulumi
from pulumi_aws.sagemaker import CodeRepository, Domain

from mlops_iac.components._kit import BoundaryRef, Component, DomainRef, KeyRef, Named, NetworkRef, Reach
from mlops_iac.components._kit import sagemaker as kit
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role, make_role
from mlops_iac.components.notebooks.limits import LEAST_IDLE

__all__ = ["Git", "StudioDomain", "StudioDomainArgs", "StudioDomainNodes"]

# Idle cost: the home folders, 0.30 $ a month for each GB that people leave there. Machines are billed by the hour while
# they run, disks of spaces 0.11 $ a month for each GB; and each interface endpoint of the network about 7.30 $ a month
# in each zone, of which a sandbox has none.

ENDPOINTS: Final = ("logs", "monitoring", "sagemaker.api", "sagemaker.runtime", "states", "sts")
"""What notebooks call without leaving the network, to see the environment and to start its pipelines.
https://docs.aws.amazon.com/sagemaker/latest/dg/studio-updated-and-internet-access.html"""
GIT_ENDPOINT: Final = "secretsmanager"
"""And what gives them the password of a repository."""
LOG_GROUP: Final = "studio"
SECRET: Final = ("secretsmanager:GetSecretValue",)


@dataclass(frozen=True, kw_only=True)
class Git:
    """A repository that people see in their JupyterLab."""

    url: str
    """Without a password: ``https://github.com/acme/notebooks.git``."""
    branch: str | None = None
    """Left out: the repository's own."""
    secret_arn: str | None = None
    """A secret of AWS Secrets Manager, with `username` and `password`. Left out: a person gives their own."""


@dataclass(frozen=True, kw_only=True)
class StudioDomainArgs:
    """What a team may say about its domain."""

    network: NetworkRef
    """Machines stand in its private subnets, and wear its security group. It needs `ENDPOINTS`, but in a sandbox."""
    auth: Literal["IAM", "SSO"] = "IAM"
    """How people come in. Left out: with their own AWS credentials; ``SSO`` is AWS IAM Identity Center."""
    idle_minutes: int = LEAST_IDLE
    """A machine on which nothing has happened for so long is stopped, 60 to 525,600. Left out: an hour."""
    disk_gib: tuple[int, int] = (5, 100)
    """A space's disk: what it gets, and the most that a person may choose. Left out: 5 and 100 GiB."""
    repositories: Mapping[str, Git] = field(default_factory=dict)
    """By name. Left out: none."""
    keep_homes: bool = False
    """Keep the home folders when the domain is deleted: their file system stands in the network's subnets, which can
    then not be deleted either. Left out: they are deleted with it."""
    key: KeyRef | None = None
    """Encrypts home folders and disks. Left out: AWS-managed encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the role. Left out: none."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `StudioDomainNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class StudioDomainNodes:
    domain: Domain
    role: Role
    repositories: Mapping[str, CodeRepository]


class StudioDomain(Component):
    """Where the people of one team have their notebooks. What runs in a shared space acts in its role."""

    Nodes = StudioDomainNodes
    reach = (*kit.REACH, Reach(actions=SECRET, on=("secret:*",)))

    def __init__(self, place: Named, args: StudioDomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(place, args.transforms, opts)
        role = make_role(
            self,
            "role",
            services=("sagemaker.amazonaws.com",),
            description="What runs in a shared space of Studio acts as this",
            grants=[*kit.write_logs(self.place, LOG_GROUP, "*"), *kit.encrypt(self.place, args.key)],
            boundary=args.boundary,
        )
        repositories = {name: self._create_repository(name, git) for name, git in args.repositories.items()}
        domain = self._create_domain(args, role)

        self.nodes: StudioDomainNodes | None = StudioDomainNodes(domain=domain, role=role, repositories=repositories)
        self.role: Role | None = role
        self._secrets = tuple(git.secret_arn for git in args.repositories.values() if git.secret_arn)
        self.grant_clone(role)
        self._offer(domain.id, domain.home_efs_file_system_id, args.auth)

    @classmethod
    def adopt(
        cls,
        place: Named,
        *,
        domain_id: pulumi.Input[str],
        auth: Literal["IAM", "SSO"] = "IAM",
        opts: pulumi.ResourceOptions | None = None,
    ) -> StudioDomain:
        """A domain that exists, of this account and region. Its settings and its role are its owner's business."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes, self.role, self._secrets = None, None, ()
        self._offer(domain_id, None, auth)
        return self

    def grant_clone(self, role: Role) -> None:
        """Let a role read the passwords of the repositories; nothing where none has one."""
        if self._secrets:
            role.grant(self.allow("clone", SECRET, self._secrets))

    def _offer(self, id: pulumi.Input[str], files: pulumi.Input[str] | None, auth: Literal["IAM", "SSO"]) -> None:
        self.ref = DomainRef(id=id, auth=auth)
        self.domain_id, self.files = id, files
        self.register_outputs({"domain_id": id})

    def _create_repository(self, name: str, git: Git) -> CodeRepository:
        config = {"repository_url": git.url, "branch": git.branch, "secret_arn": git.secret_arn}
        props = {"git_config": {key: value for key, value in config.items() if value is not None}}
        return self.make("repositories", CodeRepository, props, name=name)

    def _create_domain(self, args: StudioDomainArgs, role: Role) -> Domain:
        network = args.network
        worn = [network.job_security_group_id]
        usual, most = args.disk_gib
        lab: dict[str, Any] = {"app_lifecycle_management": _idle(args.idle_minutes)}
        if args.repositories:
            lab["code_repositories"] = [{"repository_url": git.url} for git in args.repositories.values()]
        disk = {"default_ebs_volume_size_in_gb": usual, "maximum_ebs_volume_size_in_gb": most}
        common = {"execution_role": role.role_arn, "security_groups": worn}
        props: dict[str, Any] = {
            "auth_mode": args.auth,
            "vpc_id": network.vpc_id,
            "subnet_ids": list(network.subnet_ids),
            "app_network_access_type": "PublicInternetOnly" if self.site.profile == "sandbox" else "VpcOnly",
            "tag_propagation": "ENABLED",
            "retention_policy": {"home_efs_file_system": "Retain" if args.keep_homes else "Delete"},
            "default_user_settings": {
                **common,
                "default_landing_uri": "studio::",
                "studio_web_portal": "ENABLED",
                "jupyter_lab_app_settings": lab,
                "space_storage_settings": {"default_ebs_storage_settings": disk},
            },
            "default_space_settings": common,
        }
        if args.key:
            props["kms_key_id"] = args.key.arn
        return self.make("domain", Domain, props, called=self.place.name, depends_on=[role])


def _idle(minutes: int) -> dict[str, Any]:
    return {"idle_settings": {"lifecycle_management": "ENABLED", "idle_timeout_in_minutes": minutes}}
