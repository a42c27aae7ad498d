"""Shared file systems as containers see them: each of EFS's is a folder of this cloud's, which lives as long as it.

A volume is mounted if AWS would: by a mount target in a zone of the machines', whose security groups let theirs in, and
with the rights of the job's role where the volume asks IAM. A role without ``ClientWrite`` reads only. What EFS would
make of owners and modes is this person's here.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html
https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.mounts import Bind, View
from mlops_iac.cloud.regions import partition_of
from mlops_iac.cloud.wire import Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

MOUNT: Final = "elasticfilesystem:ClientMount"
WRITE: Final = "elasticfilesystem:ClientWrite"
NFS: Final = 2049
CANNOT: Final = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: "
"""How ECS begins to say that a volume was not mounted."""
_FOLDER: Final = "files"


@dataclass(frozen=True)
class Volume:
    """One that a container mounts."""

    file_system: str
    path: str
    """Where the container sees it."""
    read_only: bool
    root: str
    access_point: str
    iam: bool
    encrypted: bool


@dataclass(frozen=True)
class Mounting:
    """Who mounts, and from where."""

    account: str
    region: str
    role: str
    subnets: Sequence[str]
    groups: Sequence[str]


class SharedFiles:
    """The file systems of one cloud."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._root = gateway.home / _FOLDER

    def install(self) -> None:
        self._gateway.after("efs", "DeleteFileSystem", self._remove)
        self._gateway.on_reset(lambda: shutil.rmtree(self._root, ignore_errors=True))

    def binds(self, container: Mapping[str, Any], job: Mounting, view: View) -> list[Bind]:
        """What the view shows of them. Raises JobFailed for a volume that cannot be mounted."""
        return [self._bind(volume, job, view) for volume in volumes_of(container)]

    def folder(self, account: str, region: str, file_system: str) -> Path:
        """Where the files of one lie; made when it is first mounted."""
        return self._root / account / region / file_system

    def _bind(self, volume: Volume, job: Mounting, view: View) -> Bind:
        if not view.private:
            raise JobFailed(f"This machine allows no private mount namespaces, so nothing is mounted at {volume.path}.")
        point = self._access_point(volume, job)
        self._check_way(volume, job)
        writes = self._may_write(volume, job, point) and not volume.read_only
        return str(self._place(volume, job, point)), volume.path, "rw" if writes else "ro"

    def _remove(self, call: Call) -> None:
        id = call.params["FileSystemId"].rsplit("/", 1)[-1]
        shutil.rmtree(self.folder(call.account_id, call.region, id), ignore_errors=True)

    # What is mounted ------------------------------------------------------------------------------------------------

    def _access_point(self, volume: Volume, job: Mounting) -> Mapping[str, Any] | None:
        """The volume's access point, where it has one, of a file system that is there."""
        efs = self._gateway.clients(job.region, job.account)("efs")
        try:
            efs.describe_file_systems(FileSystemId=volume.file_system)
            if not volume.access_point:
                return None
            found: dict[str, Any] = efs.describe_access_points(AccessPointId=volume.access_point)["AccessPoints"][0]
        except (efs.exceptions.FileSystemNotFound, efs.exceptions.AccessPointNotFound) as error:
            raise _refused(error.response["Error"].get("Message", str(error))) from error
        if found["FileSystemId"] != volume.file_system:
            raise _refused(f"access point {volume.access_point} is not of {volume.file_system}")
        return found

    def _place(self, volume: Volume, job: Mounting, point: Mapping[str, Any] | None) -> Path:
        """The folder that is the root of the mount. A link in it leads nowhere: what lies beyond is this machine's."""
        whole = self.folder(job.account, job.region, volume.file_system)
        whole.mkdir(parents=True, exist_ok=True, mode=0o700)
        root = point["RootDirectory"] if point else {"Path": volume.root}
        found = whole / root["Path"].strip("/")
        if point and root.get("CreationInfo") and not os.path.lexists(found):
            found.mkdir(parents=True)
        if not found.is_dir() or Path(os.path.realpath(found)) != Path(os.path.realpath(whole)) / root["Path"].strip(
            "/"
        ):
            raise _refused(
                f"mount.nfs4: mounting {root['Path']} failed, reason given by server: No such file or directory"
            )
        return found

    # Who may --------------------------------------------------------------------------------------------------------

    def _may_write(self, volume: Volume, job: Mounting, point: Mapping[str, Any] | None) -> bool:
        """Whether the job may write, too. A file system without a policy lets everybody in who reaches it."""
        from mlops_iac.cloud.iam import policies
        from mlops_iac.cloud.iam.context import place_keys, principal_keys

        iam, arn = self._gateway.iam, _arn(volume.file_system, job)
        with self._gateway.locked("efs"):
            if not iam.enforced or policies.resource_policy(arn) is None:
                return True
            who = policies.find_principal(job.role) if volume.iam else None
            if who is None:
                raise _refused("mount.nfs4: access denied by server while mounting: it has a policy, and nobody asks")
            keys = {
                **place_keys(job.region, job.account),
                **principal_keys(who),
                "aws:securetransport": (str(volume.encrypted).lower(),),
                "elasticfilesystem:accessedviamounttarget": ("true",),
                **({"elasticfilesystem:accesspointarn": (point["AccessPointArn"],)} if point else {}),
            }
            decision = iam.decide(who, MOUNT, arn, keys)
            if not decision.allowed:
                raise _refused(f"mount.nfs4: access denied by server while mounting: {who.arn} lacks {MOUNT} on {arn}")
            return iam.decide(who, WRITE, arn, keys).allowed

    # From where -----------------------------------------------------------------------------------------------------

    def _check_way(self, volume: Volume, job: Mounting) -> None:
        """Machines without a network of ours, as in an unmanaged compute environment, are not looked at."""
        if not job.subnets:
            return
        clients = self._gateway.clients(job.region, job.account)
        ec2, efs = clients("ec2"), clients("efs")
        zones = {one["AvailabilityZone"] for one in ec2.describe_subnets(SubnetIds=list(job.subnets))["Subnets"]}
        targets = efs.describe_mount_targets(FileSystemId=volume.file_system, MaxItems=100)["MountTargets"]
        near = [one["MountTargetId"] for one in targets if one["AvailabilityZoneName"] in zones]
        if not near:
            where = f"{volume.file_system} has no mount target in {', '.join(sorted(zones))}"
            raise _refused(f"Failed to resolve its name: {where}")
        theirs = [
            group
            for id in near
            for group in efs.describe_mount_target_security_groups(MountTargetId=id).get("SecurityGroups", ())
        ]
        if theirs and not _lets_in(ec2, theirs, job.groups):
            raise _refused(f"mount.nfs4: Connection timed out: port {NFS} is closed between the security groups")


def volumes_of(container: Mapping[str, Any]) -> Iterator[Volume]:
    """EFS's volumes where the container mounts them. Raises JobFailed for one of another kind."""
    known = {one["name"]: one for one in container.get("volumes") or ()}
    for mount in container.get("mountPoints") or ():
        asked = known.get(mount["sourceVolume"], {}).get("efsVolumeConfiguration")
        if not asked:
            raise JobFailed(
                f"The embedded cloud mounts volumes of EFS; `{mount['sourceVolume']}` is a folder of the job's machine."
            )
        rights = asked.get("authorizationConfig") or {}
        volume = Volume(
            file_system=asked["fileSystemId"],
            path=mount["containerPath"],
            read_only=bool(mount.get("readOnly")),
            root=asked.get("rootDirectory") or "/",
            access_point=rights.get("accessPointId", ""),
            iam=rights.get("iam") == "ENABLED",
            encrypted=asked.get("transitEncryption") == "ENABLED",
        )
        if (volume.iam or volume.access_point) and not volume.encrypted:
            raise JobFailed(
                "Transit encryption must be enabled if Amazon EFS IAM authorization or an access point is used."
            )
        yield volume


def _lets_in(ec2: Any, theirs: Sequence[str], ours: Sequence[str]) -> bool:
    """Whether one of the mount target's security groups lets NFS in from one of the machines', which lets it out."""
    described = ec2.describe_security_groups(GroupIds=sorted({*theirs, *ours}))["SecurityGroups"]
    groups = {one["GroupId"]: one for one in described}
    into = any(_opens(rule, ours) for id in theirs for rule in groups[id]["IpPermissions"])
    return into and any(_opens(rule, theirs) for id in ours for rule in groups[id]["IpPermissionsEgress"])


def _opens(rule: Mapping[str, Any], others: Sequence[str]) -> bool:
    if rule["IpProtocol"] not in ("-1", "tcp"):
        return False
    if rule["IpProtocol"] == "tcp" and not rule["FromPort"] <= NFS <= rule["ToPort"]:
        return False
    named = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs", ())}
    return bool(rule.get("IpRanges")) or not named.isdisjoint(others)


def _arn(file_system: str, job: Mounting) -> str:
    return f"arn:{partition_of(job.region)}:elasticfilesystem:{job.region}:{job.account}:file-system/{file_system}"


def _refused(why: str) -> JobFailed:
    return JobFailed(CANNOT + why)
