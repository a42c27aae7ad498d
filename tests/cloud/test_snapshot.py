"""State survives: everything that a deployment made is equal after a restart."""

from __future__ import annotations

import gc
import json

import pytest

from mlops_iac.cloud import services, snapshot
from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.database import Database
from mlops_iac.cloud.home import Home
from mlops_iac.cloud.server import Server

LOCATION = {"LocationConstraint": "eu-west-1"}
ROLE = "arn:aws:iam::123456789012:role/runner"


def make_database(home):
    return Database(home, Blobs(home / "objects"))


def deploy(clients):
    """One of each of what components use."""
    s3, kms, iam, ec2 = clients("s3"), clients("kms"), clients("iam"), clients("ec2")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration=LOCATION)
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket="lake", Key="k", Body=body, Metadata={"under_score": "x"})
    s3.put_object(Bucket="lake", Key="large", Body=bytes(9_000_000))
    s3.put_bucket_metrics_configuration(Bucket="lake", Id="m", MetricsConfiguration={"Id": "m"})
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/lake", TargetKeyId=key)
    iam.create_role(
        RoleName="runner",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ]
            }
        ),
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    machine = clients("stepfunctions").create_state_machine(
        name="m",
        roleArn=ROLE,
        definition=json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}),
    )["stateMachineArn"]
    clients("stepfunctions").start_execution(stateMachineArn=machine, name="interrupted")
    clients("sqs").create_queue(QueueName="q")
    clients("sns").create_topic(Name="t")
    clients("logs").create_log_group(logGroupName="g")
    clients("glue").create_database(DatabaseInput={"Name": "db"})
    clients("ecr").create_repository(repositoryName="repo")
    clients("sagemaker").create_model_package_group(ModelPackageGroupName="g")
    clients("ssm").put_parameter(Name="p", Value="v", Type="String")
    tables = clients("dynamodb")
    tables.create_table(
        TableName="flows",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pathspec", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pathspec", "KeyType": "HASH"}],
    )
    tables.put_item(TableName="flows", Item={"pathspec": {"S": "task"}, "for_each_cardinality": {"NS": ["0", "1"]}})
    tables.update_item(
        TableName="flows",
        Key={"pathspec": {"S": "task"}},
        UpdateExpression="ADD parents :val",
        ExpressionAttributeValues={":val": {"SS": ["a"]}},
    )
    clients("cloudwatch").put_dashboard(DashboardName="d", DashboardBody="{}")
    return kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]


def describe(clients):
    s3 = clients("s3")

    def without_metadata(answer):
        answer.pop("ResponseMetadata")
        return answer

    versions = s3.list_object_versions(Bucket="lake")["Versions"]
    return [
        versions,
        [s3.get_object(Bucket="lake", Key=v["Key"], VersionId=v["VersionId"])["Body"].read() for v in versions],
        s3.head_object(Bucket="lake", Key="k")["Metadata"],
        s3.get_bucket_metrics_configuration(Bucket="lake", Id="m")["MetricsConfiguration"],
        clients("kms").list_aliases()["Aliases"],
        clients("iam").get_role(RoleName="runner")["Role"],
        clients("ec2").describe_vpcs()["Vpcs"],
        clients("ec2").describe_subnets()["Subnets"],
        clients("stepfunctions").list_state_machines()["stateMachines"],
        clients("sqs").list_queues()["QueueUrls"],
        clients("sns").list_topics()["Topics"],
        clients("logs").describe_log_groups()["logGroups"],
        without_metadata(clients("glue").get_database(Name="db")),
        clients("ecr").describe_repositories()["repositories"],
        clients("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"],
        clients("ssm").get_parameter(Name="p")["Parameter"],
        clients("dynamodb").describe_table(TableName="flows")["Table"],
        clients("dynamodb").get_item(TableName="flows", Key={"pathspec": {"S": "task"}})["Item"],
        without_metadata(clients("cloudwatch").get_dashboard(DashboardName="d")),
    ]


@pytest.fixture(scope="module")
def restarted(start_cloud, tmp_path_factory):
    """(before, after, cipher text, cloud): one environment, before and after a restart."""
    home = tmp_path_factory.mktemp("snapshot")
    first = start_cloud(home)
    secret = deploy(first.clients())
    before = describe(first.clients())
    first.server.stop()
    second = start_cloud(home)
    return before, describe(second.clients()), secret, second


def test_everything_is_equal_after_a_restart(restarted):
    before, after, _, _ = restarted
    for one, other in zip(before, after, strict=True):
        assert one == other


def test_what_was_encrypted_can_be_decrypted(restarted):
    *_, secret, cloud = restarted
    assert cloud.clients()("kms").decrypt(CiphertextBlob=secret)["Plaintext"] == b"secret"


def test_the_port_stays_the_same(restarted):
    *_, cloud = restarted
    assert cloud.endpoint.rsplit(":", 1)[1] == (cloud.server.home.path / "port").read_text()


def test_an_execution_that_was_running_has_failed_and_keeps_its_history(restarted):
    *_, cloud = restarted
    sfn = cloud.clients()("stepfunctions")
    arn = sfn.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    (execution,) = sfn.list_executions(stateMachineArn=arn)["executions"]
    assert (execution["name"], execution["status"]) == ("interrupted", "FAILED")
    described = sfn.describe_execution(executionArn=execution["executionArn"])
    assert described["cause"] == "The embedded cloud stopped while this execution ran."
    events = sfn.get_execution_history(executionArn=execution["executionArn"])["events"]
    assert [event["type"] for event in events] == ["ExecutionStarted", "WaitStateEntered"]


def test_files_are_private(restarted):
    *_, cloud = restarted
    assert cloud.server.home.path.stat().st_mode & 0o777 == 0o700
    for path in cloud.server.home.path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_snapshot_of_another_moto_is_kept_aside_and_told(tmp_path, monkeypatch):
    services.reset()
    monkeypatch.setattr(snapshot, "_moto_version", lambda: "5.1.0")
    snapshot.write(Home(tmp_path), snapshot.dump({}).content)
    monkeypatch.undo()
    server = Server(tmp_path)
    server.start()
    try:
        told = server.status()["snapshot"]
        assert "written with moto 5.1.0" in told
        (aside,) = tmp_path.glob("unread-*")
        assert aside.name in told
        assert (aside / "cloud.snap").exists()
    finally:
        server.stop()


@pytest.mark.parametrize("content", [b"", b"not a snapshot", b"mlops-iac cloud snapshot 1\n5.2.5\ngarbage"])
def test_a_damaged_snapshot_is_not_loaded(tmp_path, content):
    (tmp_path / "cloud.snap").write_bytes(content)
    with pytest.raises(snapshot.NotLoadable):
        snapshot.load(tmp_path / "cloud.snap", make_database(tmp_path))


def test_a_write_that_fails_leaves_the_old_snapshot(tmp_path, monkeypatch):
    path = tmp_path / "cloud.snap"
    snapshot.write(Home(tmp_path), b"old")
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        snapshot.write(Home(tmp_path), b"new")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_store_of_our_own_parts_is_kept(tmp_path):
    services.reset()
    path = tmp_path / "cloud.snap"
    snapshot.write(Home(tmp_path), snapshot.dump({"jobs": {("a", 1): {"status": "Completed"}}}).content)
    store, named = snapshot.load(path, make_database(tmp_path))
    assert store == {"jobs": {("a", 1): {"status": "Completed"}}}
    assert named == snapshot.Named()


def test_a_body_is_written_once_and_swept_when_no_snapshot_names_it(start_cloud, tmp_path):
    cloud = start_cloud(tmp_path)
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="large-objects", CreateBucketConfiguration=LOCATION)
    s3.put_object(Bucket="large-objects", Key="a", Body=bytes(300_000))
    s3.copy_object(Bucket="large-objects", Key="b", CopySource="large-objects/a")
    (body,) = (tmp_path / "objects").iterdir()
    cloud.server.save()
    written = body.stat().st_mtime_ns
    assert (tmp_path / "cloud.snap").stat().st_size < 100_000
    s3.delete_object(Bucket="large-objects", Key="a")
    cloud.server.save()
    assert body.stat().st_mtime_ns == written
    s3.delete_object(Bucket="large-objects", Key="b")
    cloud.server.save()
    assert body.exists(), "the snapshot before the last still names it"
    s3.put_bucket_tagging(Bucket="large-objects", Tagging={"TagSet": []})
    gc.collect()  # a request's objects point at one another, and one of them at the body
    cloud.server.save()
    assert list((tmp_path / "objects").iterdir()) == []


def test_a_snapshot_whose_body_is_gone_is_not_loaded(start_cloud, tmp_path):
    cloud = start_cloud(tmp_path)
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="large-objects", CreateBucketConfiguration=LOCATION)
    s3.put_object(Bucket="large-objects", Key="a", Body=bytes(300_000))
    cloud.server.save()
    (body,) = (tmp_path / "objects").iterdir()
    body.unlink()
    with pytest.raises(snapshot.NotLoadable, match="damaged"):
        snapshot.load(tmp_path / "cloud.snap", make_database(tmp_path))
