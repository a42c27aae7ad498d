"""The emulated Feature Store: what is put can be got and queried, in AWS's order of event times, and stays."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import athena, feature_store
from mlops_iac.cloud.feature_store.online import OnlineStores
from tests.cloud.conftest import REGION, Cloud

ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    ],
}
WRITES = {
    "Effect": "Allow",
    "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl"],
    "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/features/store/*"],
}
FEATURES = [("id", "String"), ("time", "String"), ("visits", "Integral"), ("spent", "Fractional")]


@pytest.fixture(scope="module")
def installs() -> Any:
    return (feature_store.install, athena.install)


@pytest.fixture(scope="module")
def lake(cloud: Cloud) -> str:
    cloud.clients()("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    return "lake"


def make_role(cloud: Cloud, name: str, *statements: dict[str, Any]) -> str:
    iam = cloud.clients()("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    return arn


@pytest.fixture(scope="module")
def role(cloud: Cloud, lake: str) -> str:
    return make_role(cloud, "offline", WRITES)


def asked(name: str, role: str, **more: Any) -> dict[str, Any]:
    return {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "time",
        "FeatureDefinitions": [{"FeatureName": feature, "FeatureType": kind} for feature, kind in FEATURES],
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/features/store"}},
        "RoleArn": role,
        **more,
    }


Make = Callable[..., str]


@pytest.fixture
def make(cloud: Cloud, role: str, request: pytest.FixtureRequest) -> Make:
    def create(**more: Any) -> str:
        name = f"g-{abs(hash(request.node.name)) % 10**8}"
        cloud.clients()("sagemaker").create_feature_group(**asked(name, role, **more))
        return name

    return create


def record(id: str, moment: str, **values: Any) -> list[dict[str, str]]:
    return [{"FeatureName": n, "ValueAsString": str(v)} for n, v in {"id": id, "time": moment, **values}.items()]


def put(cloud: Cloud, group: str, id: str, moment: str, **values: Any) -> None:
    runtime = cloud.clients()("sagemaker-featurestore-runtime")
    runtime.put_record(FeatureGroupName=group, Record=record(id, moment, **values))


def got(cloud: Cloud, group: str, id: str, **more: Any) -> dict[str, str] | None:
    runtime = cloud.clients()("sagemaker-featurestore-runtime")
    answer = runtime.get_record(FeatureGroupName=group, RecordIdentifierValueAsString=id, **more)
    found = answer.get("Record")
    return None if found is None else {one["FeatureName"]: one["ValueAsString"] for one in found}


def query(cloud: Cloud, sql: str) -> list[list[str | None]]:
    client = cloud.clients()("athena")
    place = {"OutputLocation": "s3://lake/athena/"}
    id = client.start_query_execution(QueryString=sql, ResultConfiguration=place)["QueryExecutionId"]
    while (found := client.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"])["State"] in (
        "QUEUED", "RUNNING",
    ):  # fmt: skip
        time.sleep(0.02)
    assert found["State"] == "SUCCEEDED", found
    rows = client.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"][1:]
    return [[one.get("VarCharValue") for one in row["Data"]] for row in rows]


def described(cloud: Cloud, group: str) -> dict[str, Any]:
    return dict(cloud.clients()("sagemaker").describe_feature_group(FeatureGroupName=group))


def table_of(cloud: Cloud, group: str) -> str:
    place = described(cloud, group)["OfflineStoreConfig"]["DataCatalogConfig"]
    return f'"{place["Database"]}"."{place["TableName"]}"'


def test_a_record_that_is_put_can_be_got_as_it_was_sent(cloud: Cloud, make: Make) -> None:
    group = make()
    put(cloud, group, "a", "2024-05-01T10:00:00Z", visits=3, spent=1.50)
    assert got(cloud, group, "a") == {"id": "a", "time": "2024-05-01T10:00:00Z", "visits": "3", "spent": "1.5"}
    assert got(cloud, group, "a", FeatureNames=["spent"]) == {"spent": "1.5"}
    assert got(cloud, group, "b") is None


def test_a_late_record_goes_to_the_offline_store_only(cloud: Cloud, make: Make) -> None:
    group = make()
    put(cloud, group, "a", "2024-05-01T10:00:00Z", visits=3)
    put(cloud, group, "a", "2024-04-01T10:00:00Z", visits=2)
    put(cloud, group, "a", "2024-05-01T10:00:00Z", visits=99)
    put(cloud, group, "a", "2024-05-01T10:00:00.500Z", visits=4)
    assert (got(cloud, group, "a") or {})["visits"] == "4"
    rows = query(cloud, f"SELECT visits FROM {table_of(cloud, group)} ORDER BY time, visits")
    assert rows == [["2"], ["4"], ["3"], ["99"]]  # as text `.500Z` is before `Z`


def test_the_offline_store_lies_where_aws_puts_it_with_the_columns_that_aws_adds(cloud: Cloud, make: Make) -> None:
    group = make()
    put(cloud, group, "a", "2024-05-01T10:30:00Z", visits=3)
    put(cloud, group, "a", "2024-05-01T11:30:00Z")
    rows = query(
        cloud,
        f"SELECT visits, is_deleted, write_time >= api_invocation_time FROM {table_of(cloud, group)} ORDER BY time",
    )
    assert rows == [["3", "false", "true"], [None, "false", "true"]]
    place = described(cloud, group)["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    made = int(described(cloud, group)["CreationTime"].timestamp())
    below = f"features/store/{ACCOUNT}/sagemaker/{REGION}/offline-store/{group}-{made}/data"
    assert place == f"s3://lake/{below}"
    listed = cloud.clients()("s3").list_objects_v2(Bucket="lake", Prefix=below)["Contents"]
    keys = [one["Key"].removeprefix(below) for one in listed]
    assert [key[:39] for key in keys] == [f"/year=2024/month=05/day=01/hour={hour}/2024" for hour in (10, 11)]
    assert all(len(key.split("_")[-1]) == len("x" * 16 + ".parquet") for key in keys)


def test_a_deleted_record_is_gone_online_and_marked_offline(cloud: Cloud, make: Make) -> None:
    group = make()
    runtime = cloud.clients()("sagemaker-featurestore-runtime")
    named = {"FeatureGroupName": group, "RecordIdentifierValueAsString": "a"}
    put(cloud, group, "a", "2024-05-01T10:00:00Z", visits=3)
    runtime.delete_record(**named, EventTime="2024-04-01T10:00:00Z")
    assert got(cloud, group, "a") is not None
    runtime.delete_record(**named, EventTime="2024-06-01T10:00:00Z")
    assert got(cloud, group, "a") is None
    put(cloud, group, "a", "2024-05-15T10:00:00Z", visits=4)
    assert got(cloud, group, "a") is None
    rows = query(cloud, f"SELECT time, visits, is_deleted FROM {table_of(cloud, group)} ORDER BY time")
    assert [row[1:] for row in rows] == [[None, "true"], ["3", "false"], ["4", "false"], [None, "true"]]


def test_a_hard_delete_that_is_too_old_is_refused_and_leaves_no_marker(cloud: Cloud, make: Make) -> None:
    group = make()
    runtime = cloud.clients()("sagemaker-featurestore-runtime")
    put(cloud, group, "a", "2024-05-01T10:00:00Z", visits=3)
    asked = {"FeatureGroupName": group, "RecordIdentifierValueAsString": "a", "DeletionMode": "HardDelete"}
    with pytest.raises(ClientError, match=r"ValidationError.*EventTime"):
        runtime.delete_record(**asked, EventTime="2024-05-01T10:00:00Z")
    assert query(cloud, f"SELECT count(*) FROM {table_of(cloud, group)}") == [["1"]]
    runtime.delete_record(**asked, EventTime="2024-05-02T10:00:00Z")
    put(cloud, group, "a", "2024-05-01T09:00:00Z", visits=1)
    assert (got(cloud, group, "a") or {})["visits"] == "1"
    runtime.delete_record(**{**asked, "RecordIdentifierValueAsString": "nobody"}, EventTime="2024-05-02T10:00:00Z")


def test_a_record_past_its_time_to_live_is_not_there_any_more(cloud: Cloud, make: Make) -> None:
    day = {"Unit": "Days", "Value": 1}
    group = make(OnlineStoreConfig={"EnableOnlineStore": True, "TtlDuration": day})
    put(cloud, group, "old", "2024-05-01T10:00:00Z", visits=3)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    put(cloud, group, "new", now, visits=3)
    assert got(cloud, group, "old") is None
    runtime = cloud.clients()("sagemaker-featurestore-runtime")
    named = {"FeatureGroupName": group, "RecordIdentifierValueAsString": "new"}
    answer = runtime.get_record(**named, ExpirationTimeResponse="Enabled")
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))
    assert answer["ExpiresAt"].startswith(tomorrow)
    assert query(cloud, f"SELECT count(*) FROM {table_of(cloud, group)}") == [["2"]]


def test_several_records_of_several_groups_are_got_in_one_call(cloud: Cloud, make: Make) -> None:
    group = make()
    for id in "abc":
        put(cloud, group, id, "2024-05-01T10:00:00Z", visits=ord(id))
    answer = cloud.clients()("sagemaker-featurestore-runtime").batch_get_record(
        Identifiers=[
            {"FeatureGroupName": group, "RecordIdentifiersValueAsString": ["a", "c", "x"], "FeatureNames": ["visits"]},
            {"FeatureGroupName": "nothing", "RecordIdentifiersValueAsString": ["a"]},
        ]
    )
    assert [one["Record"][0]["ValueAsString"] for one in answer["Records"]] == ["97", "99"]
    assert [(one["FeatureGroupName"], one["ErrorCode"]) for one in answer["Errors"]] == [
        ("nothing", "ResourceNotFound")
    ]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (record("a", "2024-05-01T10:00:00Z", visits="many"), r"\[visits\] is of type Integral; its value \[many\]"),
        (record("a", "2024-05-01T10:00:00Z", visits="1.5"), r"\[visits\] is of type Integral"),
        (record("a", "2024-05-01T10:00:00Z", visits=str(2**63)), r"\[visits\] is of type Integral"),
        (record("a", "2024-05-01T10:00:00Z", spent="nan"), r"\[spent\] is of type Fractional"),
        (record("a", "2024-05-01T10:00:00Z", height="1"), r"has no feature \[height\]"),
        (record("a", "yesterday"), r"EventTime \[yesterday\].*yyyy-MM-dd"),
        (record("a", "2024-13-01T10:00:00Z"), r"EventTime"),
        (record("a", "2024-05-01T10:00:00Z")[:1], r"no value for the EventTime feature \[time\]"),
        (record("a", "2024-05-01T10:00:00Z")[1:], r"no value for the RecordIdentifier feature \[id\]"),
        (record("a", "2024-05-01T10:00:00Z") * 2, r"\[id\] is in the record more than once"),
        (record("a" * 358390, "2024-05-01T10:00:00Z", visits=1) , r"larger than 350 KB"),
    ],
)  # fmt: skip
def test_a_record_that_is_none_of_its_group_is_refused(
    cloud: Cloud, make: Make, sent: list[dict[str, str]], said: str
) -> None:
    group = make()
    runtime = cloud.clients()("sagemaker-featurestore-runtime")
    with pytest.raises(ClientError, match=said) as refused:
        runtime.put_record(FeatureGroupName=group, Record=sent)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_group_that_is_not_there_is_told_as_aws_tells_it(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="can't find a FeatureGroup with name none") as refused:
        put(cloud, "none", "a", "2024-05-01T10:00:00Z")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(ClientError, match="can't find a FeatureGroup") as refused:
        got(cloud, "none", "a")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"EventTimeFeatureName": "when"}, r"EventTimeFeatureName \[when\] is none of the feature definitions"),
        ({"EventTimeFeatureName": "visits"}, "must be of type String or Fractional"),
        ({"FeatureDefinitions": [{"FeatureName": "id", "FeatureType": "String"}] * 2}, "must be unique"),
        ({"OnlineStoreConfig": {"EnableOnlineStore": False}, "OfflineStoreConfig": None}, "At least one"),
        ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "There is no role"),
        ({"OnlineStoreConfig": {"EnableOnlineStore": True, "StorageType": "InMemory"}}, "does not offer.*InMemory"),
        (
            {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/x"}, "TableFormat": "Iceberg"}},
            "does not offer the table format Iceberg",
        ),
        ({"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://lake/elsewhere"}}}, "not authorized.*s3:PutObject"),
    ],
)
def test_a_group_that_cannot_be_is_refused(cloud: Cloud, role: str, more: dict[str, Any], said: str) -> None:
    wanted = {name: value for name, value in asked("bad", role, **more).items() if value is not None}
    with pytest.raises(ClientError, match=said):
        cloud.clients()("sagemaker").create_feature_group(**wanted)
    listed = cloud.clients()("sagemaker").list_feature_groups(NameContains="bad")["FeatureGroupSummaries"]
    assert listed == []


def test_a_feature_can_be_added_and_none_removed(cloud: Cloud, make: Make) -> None:
    group, sagemaker = make(), cloud.clients()("sagemaker")
    put(cloud, group, "a", "2024-05-01T10:00:00Z", visits=3)
    assert query(cloud, f"SELECT count(*) FROM {table_of(cloud, group)}") == [["1"]]
    added = [{"FeatureName": "height", "FeatureType": "Fractional"}]
    sagemaker.update_feature_group(FeatureGroupName=group, FeatureAdditions=added)
    put(cloud, group, "a", "2024-05-02T10:00:00Z", visits=4, height=1.8)
    rows = query(cloud, f"SELECT visits, height FROM {table_of(cloud, group)} ORDER BY time")
    assert rows == [["3", None], ["4", "1.8"]]
    with pytest.raises(ClientError, match="must be unique"):
        sagemaker.update_feature_group(FeatureGroupName=group, FeatureAdditions=added)


def test_a_group_with_a_table_of_its_owner_makes_none(cloud: Cloud, make: Make) -> None:
    place = {"Catalog": "AwsDataCatalog", "Database": "mine", "TableName": "visits"}
    offline = {
        "S3StorageConfig": {"S3Uri": "s3://lake/features/store"},
        "DisableGlueTableCreation": True,
        "DataCatalogConfig": place,
    }
    group = make(OfflineStoreConfig=offline)
    assert described(cloud, group)["OfflineStoreConfig"]["DataCatalogConfig"] == place
    assert "mine" not in [one["Name"] for one in cloud.clients()("glue").get_databases()["DatabaseList"]]


def test_who_has_no_right_to_a_group_reads_and_writes_none_of_it(cloud: Cloud, make: Make) -> None:
    own, other = make(), "g-other"
    wanted = asked(other, make_role(cloud, "unused"))
    del wanted["OfflineStoreConfig"]
    cloud.clients()("sagemaker").create_feature_group(**wanted)
    arn = described(cloud, own)["FeatureGroupArn"]
    actions = ["sagemaker:PutRecord", "sagemaker:GetRecord", "sagemaker:BatchGetRecord"]
    job = make_role(cloud, "job", {"Effect": "Allow", "Action": actions, "Resource": arn})
    runtime = acting(cloud, job)
    runtime.put_record(FeatureGroupName=own, Record=record("a", "2024-05-01T10:00:00Z"))
    both = [{"FeatureGroupName": name, "RecordIdentifiersValueAsString": ["a"]} for name in (own, other)]
    assert runtime.batch_get_record(Identifiers=both[:1])["Records"]
    for refused in (
        lambda: runtime.put_record(FeatureGroupName=other, Record=record("a", "2024-05-01T10:00:00Z")),
        lambda: runtime.get_record(FeatureGroupName=other, RecordIdentifierValueAsString="a"),
        lambda: runtime.batch_get_record(Identifiers=both),
    ):
        with pytest.raises(ClientError, match=f"not authorized to perform.*feature-group/{other}"):
            refused()


def acting(cloud: Cloud, role: str) -> Any:
    from mlops_iac.clients import Clients, Credentials

    got = cloud.clients()("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    credentials = Credentials(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
    return Clients.embedded(cloud.endpoint, REGION, credentials=credentials)("sagemaker-featurestore-runtime")


def test_who_reads_an_encrypted_online_store_needs_its_key(cloud: Cloud, make: Make) -> None:
    key = cloud.clients()("kms").create_key()["KeyMetadata"]["Arn"]
    group = make(OnlineStoreConfig={"EnableOnlineStore": True, "SecurityConfig": {"KmsKeyId": key}})
    put(cloud, group, "a", "2024-05-01T10:00:00Z")
    reads = {"Effect": "Allow", "Action": "sagemaker:GetRecord", "Resource": described(cloud, group)["FeatureGroupArn"]}
    without = acting(cloud, make_role(cloud, "keyless", reads))
    with pytest.raises(ClientError, match="kms:Decrypt"):
        without.get_record(FeatureGroupName=group, RecordIdentifierValueAsString="a")
    opens = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}
    opens["Condition"] = {"StringEquals": {"kms:ViaService": f"sagemaker.{REGION}.amazonaws.com"}}  # type: ignore[assignment]
    holder = acting(cloud, make_role(cloud, "keyed", reads, opens))
    assert holder.get_record(FeatureGroupName=group, RecordIdentifierValueAsString="a")["Record"]


def test_a_store_whose_role_lost_its_rights_is_blocked_says_why_and_loses_nothing(cloud: Cloud, make: Make) -> None:
    role = make_role(cloud, "losing", WRITES)
    group = make(RoleArn=role)
    iam = cloud.clients()("iam")
    iam.delete_role_policy(RoleName="losing", PolicyName="own")
    put(cloud, group, "a", "2024-05-01T10:00:00Z")
    assert query(cloud, f"SELECT count(*) FROM {table_of(cloud, group)}") == [["0"]]
    status = described(cloud, group)["OfflineStoreStatus"]
    assert status["Status"] == "Blocked"
    assert "s3:PutObject" in status["BlockedReason"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [WRITES]})
    iam.put_role_policy(RoleName="losing", PolicyName="own", PolicyDocument=document)
    assert query(cloud, f"SELECT count(*) FROM {table_of(cloud, group)}") == [["1"]]
    assert described(cloud, group)["OfflineStoreStatus"] == {"Status": "Active"}


def test_tags_of_a_group_are_kept_and_changed(cloud: Cloud, make: Make) -> None:
    group, sagemaker = make(Tags=[{"Key": "team", "Value": "a"}]), cloud.clients()("sagemaker")
    arn = described(cloud, group)["FeatureGroupArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "cost", "Value": "b"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "cost", "Value": "b"}]


def test_a_deleted_group_takes_its_online_records_and_leaves_its_files(cloud: Cloud, make: Make, role: str) -> None:
    group = make()
    put(cloud, group, "a", "2024-05-01T10:00:00Z")
    table = table_of(cloud, group)
    assert query(cloud, f"SELECT count(*) FROM {table}") == [["1"]]
    cloud.clients()("sagemaker").delete_feature_group(FeatureGroupName=group)
    with pytest.raises(ClientError, match="can't find a FeatureGroup"):
        described(cloud, group)
    assert query(cloud, f"SELECT count(*) FROM {table}") == [["1"]]
    time.sleep(1)  # the names of its folder and its table end in the second
    cloud.clients()("sagemaker").create_feature_group(**asked(group, role))
    assert got(cloud, group, "a") is None


def test_records_lie_on_the_disk_and_not_in_memory(cloud: Cloud, make: Make) -> None:
    group = make()
    for number in range(50):
        put(cloud, group, f"{number}", "2024-05-01T10:00:00Z", visits=number)
    assert cloud.server.keeper.save()
    arn = described(cloud, group)["FeatureGroupArn"]
    shelf = OnlineStores(cloud.gateway)._shelf(arn)
    assert (len(shelf), len(shelf._live)) == (50, 0)
