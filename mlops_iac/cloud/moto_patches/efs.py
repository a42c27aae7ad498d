"""EFS: what moto lacks of it (backups, throughput, taking a policy away), and what AWS refuses.

https://docs.aws.amazon.com/efs/latest/ug/api-reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

_ABOUT_ONE: Final = (
    "CreateAccessPoint", "DescribeBackupPolicy", "DescribeFileSystemPolicy", "DescribeLifecycleConfiguration",
    "PutFileSystemPolicy", "PutLifecycleConfiguration",
)  # fmt: skip
"""Operations that moto answers for a file system, whether it is there or not."""


def apply(gateway: Gateway) -> None:
    for operation in _ABOUT_ONE:
        gateway.before("efs", operation, gateway.holding("efs", _check))
    for operation, fn in (
        ("DeleteFileSystemPolicy", _delete_policy),
        ("PutBackupPolicy", _put_backup),
        ("UpdateFileSystem", _update),
    ):
        gateway.instead("efs", operation, gateway.holding("efs", fn))
    gateway.before("efs", "DeleteAccessPoint", gateway.holding("efs", _check_access_point))
    gateway.after("efs", "DeleteFileSystem", gateway.holding("efs", _delete_access_points))


def backend_of(call: Call) -> Any:
    from moto.efs.models import efs_backends

    return efs_backends[call.account_id][call.region]


def _find(call: Call) -> Any:
    id = call.params["FileSystemId"].rsplit("/", 1)[-1]
    found = backend_of(call).file_systems_by_id.get(id)
    if found is None:
        raise AwsError("FileSystemNotFound", f"File system '{id}' does not exist.", 404)
    return found


def _check(call: Call) -> None:
    _find(call)


def _check_access_point(call: Call) -> None:
    id = call.params["AccessPointId"]
    if id not in backend_of(call).access_points:
        raise AwsError("AccessPointNotFound", f"Access Point '{id}' does not exist.", 404)


def _delete_policy(call: Call) -> dict[str, Any]:
    _find(call).file_system_policy = None
    return {}


def _put_backup(call: Call) -> dict[str, Any]:
    status = call.params["BackupPolicy"]["Status"]
    _find(call)._backup = status in ("ENABLED", "ENABLING")
    return {"BackupPolicy": {"Status": status}}


def _update(call: Call) -> dict[str, Any]:
    found = _find(call)
    found.throughput_mode = call.params.get("ThroughputMode", found.throughput_mode)
    if "ProvisionedThroughputInMibps" in call.params:
        found.provisioned_throughput_in_mibps = call.params["ProvisionedThroughputInMibps"]
    return {name: value for name, value in found.info_json().items() if value is not None}


def _delete_access_points(call: Call) -> None:
    """They go with their file system."""
    points = backend_of(call).access_points
    for id in [id for id, one in points.items() if one.file_system_id == call.params["FileSystemId"]]:
        del points[id]
