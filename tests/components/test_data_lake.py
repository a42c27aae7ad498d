"""The lake: private, versioned, encrypted, in zones."""

from __future__ import annotations

import json

import pytest

from mlops_iac.components._kit import KeyRef
from mlops_iac.components.data_lake import DataLake, DataLakeArgs, Table, access, tables
from mlops_iac.components.identity import Role, RoleArgs
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.retention import Retention
from tests.components.world import World, run, site

KEY = KeyRef(arn="arn:aws:kms:eu-west-1:123456789012:key/0000-1111")


def lake(args: DataLakeArgs | None = None, profile: str = "standard") -> World:
    return run(lambda: DataLake(site(profile).named("lake"), args))


def granted(grant: object) -> dict[str, dict]:
    """The statements of a role after the lake granted it something, by sid."""

    def program() -> None:
        role = Role(site().named("job"), RoleArgs(services=("sagemaker.amazonaws.com",), description="x"))
        grant(DataLake(site().named("lake"), DataLakeArgs(key=KEY)), role)  # type: ignore[operator]

    return {s["Sid"]: s for s in run(program).get("job-policy").document("policy")["Statement"]}


def test_results_of_tasks_that_are_kept_by_content_go_after_a_while_and_raw_data_does_not() -> None:
    rules = lake().get("lake-lifecycle").inputs["rules"]
    kept = {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules if rule["id"].endswith("-kept")}
    assert kept == {"curated/kept/": 90, "features/kept/": 90, "models/kept/": 90}


def test_the_bucket_is_private_versioned_and_its_owner_s() -> None:
    made = lake()
    assert made.get("lake-versioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert made.get("lake-ownership").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    assert made.get("lake-access").inputs["restrictPublicBuckets"] is True


def test_plain_http_and_old_tls_are_refused() -> None:
    denied = {s["Sid"]: s for s in lake().get("lake-policy").document("policy")["Statement"]}
    assert denied["PlainHttp"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["OldTls"]["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    assert {s["Effect"] for s in denied.values()} == {"Deny"}


def test_another_key_is_refused_and_no_header_is_not() -> None:
    denied = {s["Sid"]: s for s in lake(DataLakeArgs(key=KEY)).get("lake-policy").document("policy")["Statement"]}
    header = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    assert denied["OtherKey"]["Condition"] == {"Null": {header: "false"}, "StringNotEquals": {header: KEY.arn}}
    assert "OtherKey" not in lake().get("lake-policy").inputs["policy"]


def test_old_versions_and_unfinished_uploads_end() -> None:
    for profile, days in (("sandbox", 7), ("standard", 30), ("regulated", 365)):
        rules = {rule["id"]: rule for rule in lake(profile=profile).get("lake-lifecycle").inputs["rules"]}
        assert rules["old-versions"]["noncurrentVersionExpiration"] == {"noncurrentDays": days}
        assert rules["abandoned-uploads"]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 3}
        assert "raw-data" not in rules


def test_raw_data_expires_only_when_the_team_says_so() -> None:
    rules = {r["id"]: r for r in lake(DataLakeArgs(expire_raw_after_days=90)).get("lake-lifecycle").inputs["rules"]}
    assert (rules["raw-data"]["filter"], rules["raw-data"]["expiration"]) == ({"prefix": "raw/"}, {"days": 90})


def test_a_lake_with_retention_locks_nothing_by_itself_and_keeps_evidence_from_being_overwritten() -> None:
    made = lake(DataLakeArgs(retention=Retention(mode="compliance", days=30)))
    assert made.get("lake-lock").inputs["objectLockEnabled"] == "Enabled"
    assert "rule" not in made.get("lake-lock").inputs
    denied = {one["Sid"]: one["Resource"] for one in made.get("lake-policy").document("policy")["Statement"]}
    assert [name.rpartition("/")[0].rpartition("/")[2] for name in denied["AuditLogDeleted"]] == ["audit", "evidence"]


def test_reading_a_zone_is_reading_that_zone_only() -> None:
    statements = granted(lambda lake, role: lake.grant_read(role, "raw", "code/"))
    bucket = statements["LakeList"]["Resource"][0]
    assert statements["LakeRead"]["Resource"] == [f"{bucket}/code/*", f"{bucket}/raw/*"]
    assert "s3:PutObject" not in json.dumps(statements)
    assert statements["LakeDecrypt"]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def test_writing_does_not_include_reading() -> None:
    statements = granted(lambda lake, role: lake.grant_write(role, "models"))
    assert "s3:GetObject" not in json.dumps(statements)
    assert statements["LakeEncrypt"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_queries_are_encrypted_whatever_the_client_asks_for() -> None:
    configuration = lake(DataLakeArgs(key=KEY)).get("lake-queries").inputs["configuration"]
    assert configuration["enforceWorkgroupConfiguration"] is True
    assert configuration["resultConfiguration"]["encryptionConfiguration"] == {
        "encryptionOption": "SSE_KMS",
        "kmsKeyArn": KEY.arn,
    }
    assert configuration["bytesScannedCutoffPerQuery"] == 100 * 1024**3


@pytest.mark.parametrize(
    ("kind", "part"), [("csv", "LazySimpleSerDe"), ("json", "JsonSerDe"), ("parquet", "ParquetHive")]
)
def test_a_table_reads_its_format(kind: str, part: str) -> None:
    table = Table(zone="raw", prefix="visits/", columns={"id": "bigint"}, format=kind)  # type: ignore[arg-type]
    made = lake(DataLakeArgs(tables={"visits": table})).get("lake-table-visits").inputs
    storage = made["storageDescriptor"]
    assert part in storage["serDeInfo"]["serializationLibrary"]
    assert storage["location"].endswith("/raw/visits/")
    assert made["databaseName"] == "screening_dev_lake"


def test_an_iceberg_table_is_made_by_glue_and_never_updated_by_pulumi() -> None:
    table = Table(zone="curated", prefix="sales/", columns={"id": "bigint", "p": "decimal(10,2)"}, format="iceberg")
    made = lake(DataLakeArgs(tables={"sales": table})).get("lake-table-sales").inputs
    assert made["openTableFormatInput"] == {"icebergInput": {"metadataOperation": "CREATE", "version": "2"}}
    assert (made["tableType"], "parameters" in made, "partitionKeys" in made) == ("EXTERNAL_TABLE", False, False)
    assert made["storageDescriptor"]["location"].endswith("/curated/sales")
    options = tables.options(table)
    assert options is not None
    assert (options.replace_on_changes, options.delete_before_replace) == (["*"], True)
    assert "parameters" in (options.ignore_changes or [])


def test_what_iceberg_cannot_hold_is_refused() -> None:
    for kind in ("tinyint", "array<int>", "decimal(40,2)"):
        with pytest.raises(BlueprintError) as caught:
            lake(DataLakeArgs(tables={"sales": Table(zone="raw", columns={"id": kind}, format="iceberg")}))
        assert f"Column `id` of the Iceberg table `sales` is `{kind}`; it may be bigint" in caught.value.detail


def test_an_iceberg_table_has_a_place_of_its_own_and_scientists_write_there() -> None:
    made = lake(DataLakeArgs(tables={"Sales": Table(zone="curated", columns={"id": "int"}, format="iceberg")}))
    assert made.get("lake-table-Sales").inputs["storageDescriptor"]["location"].endswith("/curated/sales")
    (commit, put) = access.inserting(["curated/sales/"])["scientist"]
    assert (commit.actions, put.on) == (("glue:UpdateTable",), ("{stack}-*/curated/sales/*",))
    assert "s3:DeleteObject" not in put.actions


def test_a_table_in_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(BlueprintError) as caught:
        lake(DataLakeArgs(tables={"visits": Table(zone="feature", columns={})}))
    assert caught.value.summary == "Unknown zone of a table."
    assert "did you mean `features`?" in caught.value.hint


def test_an_adopted_bucket_is_used_and_not_made() -> None:
    found: list[DataLake] = []
    made = run(lambda: found.append(DataLake.adopt(site().named("lake"), bucket_name="theirs", key_arn=KEY.arn)))
    assert made.names() == set()
    assert found[0].nodes is None
    assert found[0].ref.zones["models"] == "models/"


def test_an_adopted_lake_grants_but_has_nothing_to_query() -> None:
    def program() -> None:
        role = Role(site().named("job"), RoleArgs(services=("sagemaker.amazonaws.com",), description="x"))
        adopted = DataLake.adopt(site().named("lake"), bucket_name="theirs")
        adopted.grant_read(role, "raw")
        with pytest.raises(BlueprintError, match="cannot be queried"):
            adopted.grant_query(role)

    statements = run(program).get("job-policy").document("policy")["Statement"]
    assert "arn:aws:s3:::theirs/raw/*" in json.dumps(statements)
