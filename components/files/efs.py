"""Files on Amazon EFS: a folder that all containers of an environment see at the same path, and that outlives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pulumi
from pulumi_aws.ec2 import SecurityGroup
from pulumi_aws.efs import AccessPoint, BackupPolicy, FileSystem, FileSystemPolicy, MountTarget
from pulumi_aws.vpc import SecurityGroupEgressRule, SecurityGroupIngressRule

from mlops_iac.components._kit import Component, FilesRef, KeyRef, Named, NetworkRef, Reach, policy, render
from mlops_iac.components._kit.buckets import denied
from mlops_iac.components._kit.transforms import Transforms
from mlops_iac.components.identity import Role
from mlops_iac.core.errors import BlueprintError

__all__ = ["SharedFiles", "SharedFilesArgs", "SharedFilesNodes"]

# Idle cost: 0.30 $ a month for each GB that lies there, and with elastic throughput 0.03 $ and 0.06 $ for each GB that
# is read and written; backups cost 0.05 $ a GB.

READ: Final = ("elasticfilesystem:ClientMount",)
WRITE: Final = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
DATA: Final = (*WRITE, "elasticfilesystem:ClientRootAccess")
NFS: Final = {"ip_protocol": "tcp", "from_port": 2049, "to_port": 2049}
OWNER: Final = 1000
"""Whoever writes through an access point is this user and this group to EFS, whoever it is in its container."""

Throughput = Literal["bursting", "elastic"]


@dataclass(frozen=True, kw_only=True)
class SharedFilesArgs:
    """What a team may say about its shared files."""

    network: NetworkRef
    """Where containers run: each of its subnets has a mount target. The network must resolve names."""
    folders: tuple[str, ...] = ("shared",)
    """Folders, each with an access point of its own: whoever mounts one sees nothing of the others. Left out:
    ``shared``."""
    throughput: Throughput = "elastic"
    """``elastic``: billed by what is read and written; ``bursting``: as much as what lies there earns. Left out:
    elastic."""
    backup: bool | None = None
    """Copies of each day, kept for 35 days. Left out: yes, but under `sandbox`."""
    opens: bool = True
    """Whether the security group of jobs is let out to the files: not in a network of somebody else's, whose group lets
    them out itself. Left out: it is."""
    key: KeyRef | None = None
    """Encrypts the files. Left out: AWS's own key for EFS, which costs nothing."""
    transforms: Transforms = field(default_factory=dict)
    """Changes to children, by the names of `SharedFilesNodes`. Left out: none."""


@dataclass(frozen=True, kw_only=True)
class SharedFilesNodes:
    file_system: FileSystem
    policy: FileSystemPolicy
    backup_policy: BackupPolicy | None
    security_group: SecurityGroup
    rules: Sequence[pulumi.CustomResource]
    mount_targets: Sequence[MountTarget]
    access_points: Mapping[str, AccessPoint]


class SharedFiles(Component):
    """One file system, with a folder for each purpose."""

    Nodes = SharedFilesNodes
    reach = (Reach(actions=WRITE, on=("file-system/*",)),)

    def __init__(self, place: Named, args: SharedFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(args)
        super().__init__(place, args.transforms, opts)
        system = self._create_file_system(args)
        group = self._create_group(args)
        points = {name: self._create_access_point(system, name) for name in args.folders}

        self.nodes: SharedFilesNodes | None = SharedFilesNodes(
            file_system=system,
            policy=self._create_policy(system),
            backup_policy=self._create_backup_policy(system, args),
            security_group=group,
            rules=self._create_rules(group, args),
            mount_targets=self._create_mount_targets(system, group, args),
            access_points=points,
        )
        self._offer(system.id, system.arn, {name: (one.id, one.arn) for name, one in points.items()})

    @classmethod
    def adopt(
        cls,
        place: Named,
        *,
        file_system_id: pulumi.Input[str],
        access_points: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> SharedFiles:
        """A file system that exists, with folders by the ids of their access points. It must have mount targets that
        containers reach; who may mount says its own policy, too."""
        self = cls.__new__(cls)
        Component.__init__(self, place, None, opts)
        self.nodes = None
        points = {
            name: (id, pulumi.Output.concat(self.site.arn("elasticfilesystem", "access-point/"), id))
            for name, id in access_points.items()
        }
        arn = pulumi.Output.concat(self.site.arn("elasticfilesystem", "file-system/"), file_system_id)
        self._offer(file_system_id, arn, points)
        return self

    def grant_read(self, role: Role, folder: str = "shared") -> None:
        """Let a role mount a folder and read in it."""
        self._grant(role, "read", READ, folder)

    def grant_write(self, role: Role, folder: str = "shared") -> None:
        """Let a role mount a folder, read and write in it."""
        self._grant(role, "write", WRITE, folder)

    def _grant(self, role: Role, what: str, actions: tuple[str, ...], folder: str) -> None:
        through = {"StringEquals": {"elasticfilesystem:AccessPointArn": self._points[folder][1]}}
        role.grant(self.allow(f"{what} {folder}", actions, (self._arn,), through))

    def _offer(self, id: pulumi.Input[str], arn: pulumi.Input[str], points: Mapping[str, tuple[Any, Any]]) -> None:
        self._arn, self._points = arn, points
        self.folders = {name: FilesRef(file_system_id=id, access_point_id=point) for name, (point, _) in points.items()}
        self.file_system_id = id
        self.register_outputs({"file_system_id": id})

    def _create_file_system(self, args: SharedFilesArgs) -> FileSystem:
        props: dict[str, Any] = {
            "encrypted": True,
            "performance_mode": "generalPurpose",
            "throughput_mode": args.throughput,
            **({"kms_key_id": args.key.arn} if args.key else {}),
        }
        return self.make("file_system", FileSystem, props, called=self.place.name)

    def _create_policy(self, system: FileSystem) -> FileSystemPolicy:
        """Nobody without TLS, by another way than a mount target, or of another account; who else, say roles."""
        ways = (
            ("TlsOnly", {"Bool": {"aws:SecureTransport": "false"}}),
            ("MountTargetsOnly", {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "false"}}),
            ("OwnAccountOnly", {"StringNotEquals": {"aws:PrincipalAccount": self.site.account_id}}),
        )
        statements = [denied(name, sorted(DATA), [system.arn], condition) for name, condition in ways]
        props = {"file_system_id": system.id, "policy": render(policy(statements))}
        return self.make("policy", FileSystemPolicy, props)

    def _create_backup_policy(self, system: FileSystem, args: SharedFilesArgs) -> BackupPolicy | None:
        wanted = args.backup if args.backup is not None else self.site.profile != "sandbox"
        props = {"file_system_id": system.id, "backup_policy": {"status": "ENABLED"}}
        return self.make("backup_policy", BackupPolicy, props) if wanted else None

    def _create_group(self, args: SharedFilesArgs) -> SecurityGroup:
        props = {"vpc_id": args.network.vpc_id, "description": "Shared files: from jobs only"}
        return self.make("security_group", SecurityGroup, props)

    def _create_rules(self, group: SecurityGroup, args: SharedFilesArgs) -> list[pulumi.CustomResource]:
        jobs = args.network.job_security_group_id
        into = {"security_group_id": group.id, "referenced_security_group_id": jobs, **NFS}
        out = {"security_group_id": jobs, "referenced_security_group_id": group.id, **NFS}
        rules = [self.make("rules", SecurityGroupIngressRule, into, name="files-from-jobs")]
        if args.opens:
            rules.append(self.make("rules", SecurityGroupEgressRule, out, name="jobs-to-files"))
        return rules

    def _create_mount_targets(
        self, system: FileSystem, group: SecurityGroup, args: SharedFilesArgs
    ) -> list[MountTarget]:
        return [
            self.make(
                "mount_targets",
                MountTarget,
                {"file_system_id": system.id, "subnet_id": subnet, "security_groups": [group.id]},
                name=f"mount-target-{number}",
            )
            for number, subnet in enumerate(args.network.subnet_ids, 1)
        ]

    def _create_access_point(self, system: FileSystem, folder: str) -> AccessPoint:
        made = {"owner_uid": OWNER, "owner_gid": OWNER, "permissions": "0750"}
        props = {
            "file_system_id": system.id,
            "posix_user": {"uid": OWNER, "gid": OWNER},
            "root_directory": {"path": f"/{folder}", "creation_info": made},
        }
        return self.make("access_points", AccessPoint, props, name=f"{folder}-access-point")


def _check(args: SharedFilesArgs) -> None:
    if not args.folders or len(set(args.folders)) < len(args.folders):
        detail = f"The folders are {', '.join(args.folders) or 'none'}; there is at least one, and each once."
        raise BlueprintError("Folders of shared files are wrong.", detail, hint="name each folder once: shared.")
