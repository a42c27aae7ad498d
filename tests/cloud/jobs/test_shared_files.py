"""Files of EFS, as containers on queues see them."""

from __future__ import annotations

import json

import pytest

from mlops_iac.cloud.server import Server
from tests.cloud.jobs.conftest import Cloud
from tests.cloud.jobs.test_batch import Batch

ROLE = "arn:aws:iam::123456789012:role/files"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
BOTH = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
WRITES = "open('/mnt/shared/kept.txt', 'w').write('still here')"
READS = "print(open('/mnt/shared/kept.txt').read())"


class Files(Batch):
    """A file system with an access point and a policy, mounted by a job definition on a queue in a network."""

    def __init__(self, cloud):
        self.cloud, self.client, self.efs = cloud, cloud.clients("batch"), cloud.clients("efs")
        self.ec2, self.iam = cloud.clients("ec2"), cloud.clients("iam")
        vpc = self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
        self.jobs, self.door = (
            self.ec2.create_security_group(VpcId=vpc, GroupName=name, Description=name)["GroupId"]
            for name in ("jobs", "door")
        )
        self.id = self.efs.create_file_system(CreationToken="files", Encrypted=True)["FileSystemId"]
        self.arn = f"arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/{self.id}"
        root = {"Path": "/shared", "CreationInfo": {"OwnerUid": 1000, "OwnerGid": 1000, "Permissions": "0750"}}
        self.point = self.efs.create_access_point(FileSystemId=self.id, RootDirectory=root)["AccessPointId"]
        self.let(*BOTH)
        self.make_queue()

    def make_queue(self):
        resources = {
            "type": "FARGATE", "maxvCpus": 4, "subnets": [self.subnet], "securityGroupIds": [self.jobs],
        }  # fmt: skip
        self.client.create_compute_environment(
            computeEnvironmentName="cpu", type="MANAGED", computeResources=resources, serviceRole=self.cloud.role
        )
        order = [{"order": 1, "computeEnvironment": "cpu"}]
        self.client.create_job_queue(jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order)
        self.mount()

    def let(self, *actions):
        """The job's role may do this with the file system, which asks everybody for a right."""
        document = {"Version": "2012-10-17", "Statement": [TRUST]}
        self.iam.create_role(RoleName="files", AssumeRolePolicyDocument=json.dumps(document))
        self.allow(*actions)
        denies = {"Effect": "Deny", "Principal": "*", "Action": list(BOTH), "Resource": self.arn}
        plain = {**denies, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        self.efs.put_file_system_policy(
            FileSystemId=self.id, Policy=json.dumps({"Version": "2012-10-17", "Statement": [plain]})
        )

    def allow(self, *actions):
        statement = {"Effect": "Allow", "Action": list(actions) or ["s3:GetObject"], "Resource": "*"}
        self.iam.put_role_policy(
            RoleName="files",
            PolicyName="files",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )

    def open_door(self):
        self.efs.create_mount_target(FileSystemId=self.id, SubnetId=self.subnet, SecurityGroups=[self.door])
        pairs = [{"GroupId": self.jobs}]
        rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": pairs}
        self.ec2.authorize_security_group_ingress(GroupId=self.door, IpPermissions=[rule])

    def mount(self, *, read_only=False, iam="ENABLED", **more):
        rights = {"accessPointId": self.point, "iam": iam}
        volume = {"fileSystemId": self.id, "transitEncryption": "ENABLED", "authorizationConfig": rights, **more}
        self.define(
            "task",
            self.cloud.image,
            container={
                "jobRoleArn": ROLE,
                "volumes": [{"name": "files", "efsVolumeConfiguration": volume}],
                "mountPoints": [{"sourceVolume": "files", "containerPath": "/mnt/shared", "readOnly": read_only}],
            },
        )

    def run(self, script):
        return self.wait(self.submit(script))

    @property
    def folder(self):
        return self.cloud.server.gateway.home / "files" / "123456789012" / "eu-west-1" / self.id


@pytest.fixture
def files(cloud):
    return Files(cloud)


@pytest.fixture
def opened(files):
    files.open_door()
    return files


def test_what_one_container_writes_the_next_one_reads(opened):
    assert opened.run(WRITES)["status"] == "SUCCEEDED"
    job = opened.run(READS)
    assert opened.log(job)[-1] == "still here"
    assert (opened.folder / "shared" / "kept.txt").read_text() == "still here"


@pytest.mark.parametrize("actions", [BOTH[:1]], ids=["ClientMount alone"])
def test_a_role_that_may_not_write_reads_only(opened, actions):
    opened.run(WRITES)
    opened.allow(*actions)
    assert opened.log(opened.run(READS))[-1] == "still here"
    assert opened.run(WRITES)["status"] == "FAILED"


def test_a_mount_that_is_read_only_is_not_written(opened):
    opened.run(WRITES)
    opened.mount(read_only=True)
    assert opened.log(opened.run(READS))[-1] == "still here"
    assert opened.run(WRITES)["status"] == "FAILED"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda files: files.allow(), "lacks elasticfilesystem:ClientMount"),
        (lambda files: files.mount(iam="DISABLED"), "access denied by server"),
        (lambda files: files.mount(transitEncryption="DISABLED"), "Transit encryption must be enabled"),
        (lambda files: files.mount(fileSystemId="fs-0"), "File system 'fs-0' does not exist"),
        (lambda files: files.efs.delete_access_point(AccessPointId=files.point), "does not exist"),
        (
            lambda files: files.ec2.revoke_security_group_ingress(
                GroupId=files.door,
                IpPermissions=files.ec2.describe_security_groups(GroupIds=[files.door])["SecurityGroups"][0][
                    "IpPermissions"
                ],
            ),
            "port 2049 is closed",
        ),
        (
            lambda files: files.efs.delete_mount_target(
                MountTargetId=files.efs.describe_mount_targets(FileSystemId=files.id)["MountTargets"][0][
                    "MountTargetId"
                ]
            ),
            "has no mount target in eu-west-1",
        ),
    ],
)
def test_what_aws_would_not_mount_ends_the_job_with_the_reason(opened, change, why):
    change(opened)
    job = opened.run(READS)
    assert job["status"] == "FAILED"
    assert why in job["statusReason"]


def test_a_link_leads_out_of_no_file_system(opened):
    opened.run(WRITES)
    (opened.folder / "shared").rename(opened.folder / "gone")
    (opened.folder / "shared").symlink_to("/etc")
    assert "No such file or directory" in opened.run(READS)["statusReason"]


def test_files_go_with_their_file_system(opened):
    opened.run(WRITES)
    (target,) = opened.efs.describe_mount_targets(FileSystemId=opened.id)["MountTargets"]
    opened.efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    opened.efs.delete_file_system(FileSystemId=opened.id)
    assert not opened.folder.exists()


def test_files_are_there_in_the_cloud_s_next_life(tmp_path, installs):
    server = Server(tmp_path, installs=installs)
    server.start()
    first = Files(Cloud(server))
    first.open_door()
    first.run(WRITES)
    server.stop()
    again = Server(tmp_path, installs=installs)
    again.start()
    first.cloud = Cloud(again, new=False)
    first.client = first.cloud.clients("batch")
    assert first.log(first.run(READS))[-1] == "still here"
    again.stop()
