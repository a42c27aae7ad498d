"""Files that containers share."""

from __future__ import annotations

import json

import pytest

from mlops_iac.components._kit import FilesRef, NetworkRef
from mlops_iac.components.compute.batch import BatchCompute, BatchComputeArgs, JobDefinitionArgs
from mlops_iac.components.files.efs import SharedFiles, SharedFilesArgs
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.core.errors import BlueprintError
from tests.components.world import IMAGE, run, site

NETWORK = NetworkRef(vpc_id="vpc-1", subnet_ids=("subnet-1", "subnet-2"), job_security_group_id="sg-1")


def files(profile: str = "standard", **change: object) -> object:
    args = SharedFilesArgs(network=NETWORK, **change)  # type: ignore[arg-type]
    return run(lambda: SharedFiles(site(profile).named("files"), args))


def test_files_are_encrypted_and_nobody_mounts_them_in_clear() -> None:
    made = files()
    assert made.get("files-file-system").inputs["encrypted"] is True  # type: ignore[attr-defined]
    denied = {one["Sid"]: one for one in made.get("files-policy").document("policy")["Statement"]}  # type: ignore[attr-defined]
    assert {one["Effect"] for one in denied.values()} == {"Deny"}
    assert denied["TlsOnly"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert "OwnAccountOnly" in denied


def test_each_subnet_has_a_way_in_by_nfs_from_jobs_only() -> None:
    made = files()
    names = made.names()  # type: ignore[attr-defined]
    assert {"files-mount-target-1", "files-mount-target-2"} <= names
    rule = made.get("files-files-from-jobs").inputs  # type: ignore[attr-defined]
    assert (rule["fromPort"], rule["toPort"], rule["referencedSecurityGroupId"]) == (2049, 2049, "sg-1")


@pytest.mark.parametrize(
    ("profile", "change", "there"),
    [
        ("standard", {}, True),
        ("sandbox", {}, False),
        ("sandbox", {"backup": True}, True),
        ("standard", {"backup": False}, False),
    ],
)
def test_copies_are_made_unless_somebody_says_no(profile: str, change: dict[str, bool], there: bool) -> None:
    assert ("files-backup-policy" in files(profile, **change).names()) is there  # type: ignore[attr-defined]


def test_a_network_of_somebody_else_s_is_not_opened() -> None:
    assert "files-jobs-to-files" not in files(opens=False).names()  # type: ignore[attr-defined]


def test_a_role_mounts_through_its_folder_s_access_point_only() -> None:
    def program() -> None:
        shared = SharedFiles(site().named("files"), SharedFilesArgs(network=NETWORK, folders=("shared", "scratch")))
        role = Role(site().named("job"), RoleArgs(services=("ecs-tasks.amazonaws.com",), description="x"))
        shared.grant_read(role, "scratch")

    (statement,) = run(program).get("job-policy").document("policy")["Statement"]
    assert statement["Action"] == ["elasticfilesystem:ClientMount"]
    assert list(statement["Condition"]["StringEquals"]) == ["elasticfilesystem:AccessPointArn"]


def test_files_of_somebody_else_s_are_used_by_their_ids() -> None:
    found: list[SharedFiles] = []
    points = {"shared": "fsap-0123456789abcdef0"}
    run(lambda: found.append(SharedFiles.adopt(site().named("files"), file_system_id="fs-1", access_points=points)))
    assert found[0].nodes is None
    assert found[0].folders["shared"] == FilesRef(file_system_id="fs-1", access_point_id=points["shared"])


def test_a_container_mounts_by_tls_and_with_the_rights_of_its_role() -> None:
    ref = FilesRef(file_system_id="fs-1", access_point_id="fsap-1")
    job = JobDefinitionArgs(image=IMAGE, files={"/mnt/shared": ref})
    made = run(lambda: BatchCompute(site().named("batch"), BatchComputeArgs(network=NETWORK, jobs={"cpu": job})))
    container = json.loads(made.get("batch-cpu-job").inputs["containerProperties"])
    (volume,), (mount,) = container["volumes"], container["mountPoints"]
    assert volume["efsVolumeConfiguration"]["transitEncryption"] == "ENABLED"
    assert volume["efsVolumeConfiguration"]["authorizationConfig"] == {"accessPointId": "fsap-1", "iam": "ENABLED"}
    assert (mount["sourceVolume"], mount["containerPath"]) == (volume["name"], "/mnt/shared")


def test_folders_are_named_once() -> None:
    with pytest.raises(BlueprintError, match="Folders of shared files are wrong"):
        files(folders=("shared", "shared"))
