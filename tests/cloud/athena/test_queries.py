"""SQL over the emulated S3, asked through Athena's own API."""

from __future__ import annotations

import gzip
import json
import time

import duckdb
import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import athena

BUCKET = "lake"
TEXT = {
    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "Parameters": {"field.delim": ","},
}
QUOTED = {"SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde", "Parameters": {}}
JSON = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}
PARQUET = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}


@pytest.fixture(scope="module")
def installs():
    return (athena.install,)


@pytest.fixture(scope="module")
def lake(cloud, tmp_path_factory):
    """Four tables, one of each format, and one in two partitions."""
    clients = cloud.clients()
    s3, glue = clients("s3"), clients("glue")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    glue.create_database(DatabaseInput={"Name": "lab"})

    def put(key, body):
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)

    def table(name, serde, columns, keys=(), **parameters):
        storage = {
            "Columns": [{"Name": n, "Type": t} for n, t in columns],
            "Location": f"s3://{BUCKET}/{name}/",
            "SerdeInfo": serde,
        }
        keys = [{"Name": n, "Type": t} for n, t in keys]
        table = {"Name": name, "StorageDescriptor": storage, "PartitionKeys": keys, "Parameters": parameters}
        glue.create_table(DatabaseName="lab", TableInput=table)

    patient = [("id", "int"), ("name", "string"), ("size", "double"), ("seen", "date")]
    table("patients", TEXT, patient, **{"skip.header.line.count": "1"})
    put("patients/a.csv", 'id,name,size,seen\n1,"Ann",1.5,2026-01-02\n2,\\N,x,\n')
    put("patients/b.csv.gz", gzip.compress(b"id,name,size,seen\n3,Cy,30000000,2026-02-03\n"))
    put("patients/_SUCCESS", "")
    put("patients/.hidden", "9,No,9,2026-01-01\n")
    table("quoted", QUOTED, [("id", "int"), ("note", "string")])
    put("quoted/a.csv", '1,"a, b"\n2,"c ""d"""\n3,""\n')
    table("events", JSON, [("who", "string"), ("tags", "array<string>"), ("at", "struct<x:int,y:double>")])
    put("events/a.json", json.dumps({"who": "ann", "tags": ["a", "b"], "at": {"x": 1, "y": 2}, "more": 1}) + "\n")
    put("events/b.json", json.dumps({"who": "cy"}) + "\n")
    path = tmp_path_factory.mktemp("parquet") / "a.parquet"
    duckdb.sql("select range as id, range * 1.5 as value from range(4)").write_parquet(str(path))
    table("numbers", PARQUET, [("id", "bigint"), ("value", "double"), ("added_later", "string")])
    put("numbers/a.parquet", path.read_bytes())
    table("empty", PARQUET, [("id", "bigint")])
    table("daily", TEXT, [("n", "int")], [("day", "date")])
    for day in ("2026-01-01", "2026-01-02"):
        put(f"daily/day={day}/a.csv", f"{day[-1]}\n")
    return clients


@pytest.fixture(scope="module")
def ask(lake):
    """Rows of a query's answer, the header first; the failure's reason when it has none."""
    client = lake("athena")

    def ask(sql, **params):
        context = {
            "QueryExecutionContext": {"Database": "lab"},
            "ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/results"},
        }
        id = client.start_query_execution(QueryString=sql, **{**context, **params})["QueryExecutionId"]
        deadline = time.monotonic() + 60
        while (found := client.get_query_execution(QueryExecutionId=id)["QueryExecution"])["Status"]["State"] in (
            "QUEUED",
            "RUNNING",
        ):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        if found["Status"]["State"] != "SUCCEEDED":
            return found["Status"]["StateChangeReason"]
        rows = client.get_query_results(QueryExecutionId=id)["ResultSet"]["Rows"]
        return [[datum.get("VarCharValue") for datum in row["Data"]] for row in rows]

    return ask


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT 1 AS one, 7 / 2 AS half, 7.0 / 2 AS exact", [["one", "half", "exact"], ["1", "3", "3.5"]]),
        (
            "SELECT id, name, size, seen FROM patients ORDER BY id",  # LazySimpleSerDe knows no quotes
            [
                ["id", "name", "size", "seen"],
                ["1", '"Ann"', "1.5", "2026-01-02"],
                ["2", None, None, None],
                ["3", "Cy", "3.0E7", "2026-02-03"],
            ],
        ),
        ("SELECT note FROM lab.quoted ORDER BY id", [["note"], ["a, b"], ['c "d"'], [""]]),
        (
            'SELECT who, cardinality(tags), element_at(tags, 1), at.y FROM "awsdatacatalog"."lab"."events" ORDER BY 1',
            [["who", "_col1", "_col2", "y"], ["ann", "2", "a", "2.0"], ["cy", None, None, None]],
        ),
        ("SELECT tags, at FROM events WHERE who = 'ann'", [["tags", "at"], ["[a, b]", "{x=1, y=2.0}"]]),
        ("SELECT sum(value) s, max(added_later) FROM numbers", [["s", "_col1"], ["9.0", None]]),
        ("SELECT count(*) AS n FROM empty", [["n"], ["0"]]),
        ("SELECT n FROM daily", [["n"]]),  # no partition is known to the catalogue yet
        (
            "WITH big AS (SELECT * FROM numbers WHERE id > 1) "
            "SELECT b.id, p.name FROM big b JOIN patients p ON b.id = p.id ORDER BY 1",
            [["id", "name"], ["2", None], ["3", "Cy"]],
        ),
        ("SELECT date_format(seen, '%Y/%m') m FROM patients WHERE id = 1", [["m"], ["2026/01"]]),
        ("SELECT date_diff('day', date '2026-01-01', seen) d FROM patients WHERE id = 1", [["d"], ["1"]]),
    ],
)  # fmt: skip
def test_a_query_answers_what_athena_would(ask, sql, rows):
    assert ask(sql) == rows


def test_partitions_are_found_and_pruned_by_their_values(ask):
    assert ask("MSCK REPAIR TABLE daily") == [
        ["Repair: Added partition to metastore daily:day=2026-01-01"],
        ["Repair: Added partition to metastore daily:day=2026-01-02"],
    ]
    assert ask("SHOW PARTITIONS daily") == [["day=2026-01-01"], ["day=2026-01-02"]]
    assert ask("SELECT n, day FROM daily WHERE day > date '2026-01-01'") == [["n", "day"], ["2", "2026-01-02"]]


def test_a_table_is_defined_filled_shown_and_dropped_in_sql(ask, lake):
    created = ask(
        "CREATE EXTERNAL TABLE IF NOT EXISTS lab.made (id int COMMENT 'who', tags array<string>) "
        "PARTITIONED BY (day string) "
        f"STORED AS PARQUET LOCATION 's3://{BUCKET}/made/' TBLPROPERTIES ('owner'='lab')"
    )
    assert created == []
    assert ["made"] in ask("SHOW TABLES IN lab")
    table = lake("glue").get_table(DatabaseName="lab", Name="made")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "id", "Type": "int", "Comment": "who"},
        {"Name": "tags", "Type": "array<string>"},
    ]
    place = f"s3://{BUCKET}/made/day=1"
    assert ask(f"UNLOAD (SELECT 5 AS id, array['x'] AS tags) TO '{place}' WITH (format = 'PARQUET')") == []
    assert "not empty" in ask(f"UNLOAD (SELECT 6 AS id) TO '{place}' WITH (format = 'PARQUET')")
    ask("ALTER TABLE made ADD PARTITION (day = '1')")
    assert ask("SELECT id, tags, day FROM made") == [["id", "tags", "day"], ["5", "[x]", "1"]]
    assert ask("DROP TABLE made") == []
    assert ask("SELECT 1 FROM made") == "TABLE_NOT_FOUND: Table 'awsdatacatalog.lab.made' does not exist"


def test_clients_find_what_was_unloaded_by_its_manifest(ask, lake):
    place = f"s3://{BUCKET}/unloaded"
    assert ask(f"UNLOAD (SELECT 1 AS id) TO '{place}' WITH (format = 'JSON', compression = 'NONE')") == []
    client, s3 = lake("athena"), lake("s3")
    newest = client.list_query_executions()["QueryExecutionIds"][0]
    statistics = client.get_query_execution(QueryExecutionId=newest)["QueryExecution"]["Statistics"]
    assert statistics["DataManifestLocation"] == f"s3://{BUCKET}/results/{newest}-manifest.csv"
    manifest = s3.get_object(Bucket=BUCKET, Key=f"results/{newest}-manifest.csv")["Body"].read().decode()
    (written,) = manifest.splitlines()
    assert written.startswith(f"{place}/")
    key = written.removeprefix(f"s3://{BUCKET}/")
    assert json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()) == {"id": 1}


def test_partition_projection_is_refused_only_where_it_is_on(ask):
    make = "CREATE EXTERNAL TABLE lab.{0} (id int) STORED AS PARQUET LOCATION 's3://{1}/{0}/' TBLPROPERTIES ({2})"
    ask(make.format("plain", BUCKET, "'projection.enabled'='false'"))
    ask(make.format("projected", BUCKET, "'projection.enabled'='TRUE'"))
    assert ask("SELECT id FROM plain") == [["id"]]
    assert "partition projection" in ask("SELECT id FROM projected")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELEC 1", "SYNTAX_ERROR: "),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR: only one statement"),
        ("SELECT nothing FROM patients", "COLUMN_NOT_FOUND: "),
        ("SELECT no_such_function(1)", "FUNCTION_NOT_FOUND: "),
        ("SELECT CAST('x' AS integer)", "INVALID_CAST_ARGUMENT: "),
        ("SELECT 1 FROM elsewhere.gone", "TABLE_NOT_FOUND: Table 'awsdatacatalog.elsewhere.gone'"),
        ("SELECT 1 FROM other.lab.patients", "NOT_SUPPORTED: the embedded cloud does not offer the catalogue `other`"),
        ("MERGE INTO patients USING events ON true WHEN MATCHED THEN DELETE", "NOT_SUPPORTED: "),
        ("CREATE TABLE copied AS SELECT 1 AS one", "NOT_SUPPORTED: "),
        ("SELECT * FROM read_csv('/etc/passwd')", "NOT_SUPPORTED: "),
        ("SELECT * FROM '/etc/passwd'", "TABLE_NOT_FOUND: "),
    ],
)
def test_what_cannot_be_run_fails_with_its_reason(ask, sql, why):
    answer = ask(sql)
    assert isinstance(answer, str), answer
    assert answer.startswith(why)


def test_parameters_fill_the_question_marks(ask):
    asked = ask("SELECT name FROM patients WHERE id = ? AND name = ?", ExecutionParameters=["3", "'Cy'"])
    assert asked == [["name"], ["Cy"]]
    assert "2 parameters, 1 were given" in ask("SELECT ?, ?", ExecutionParameters=["1"])


def test_a_work_group_decides_where_results_go_and_under_which_key(lake, ask):
    client, s3 = lake("athena"), lake("s3")
    key = lake("kms").create_key()["KeyMetadata"]["Arn"]
    where = {
        "OutputLocation": f"s3://{BUCKET}/held/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": key},
    }
    held = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": where}
    client.create_work_group(Name="held", Configuration=held)
    assert ask("SELECT 1 AS one", WorkGroup="held") == [["one"], ["1"]]
    id = client.list_query_executions(WorkGroup="held")["QueryExecutionIds"][0]
    found = client.get_query_execution(QueryExecutionId=id)["QueryExecution"]
    assert found["ResultConfiguration"]["OutputLocation"] == f"s3://{BUCKET}/held/{id}.csv"
    answer = s3.get_object(Bucket=BUCKET, Key=f"held/{id}.csv")
    assert answer["Body"].read() == b'"one"\n"1"\n'
    assert (answer["ServerSideEncryption"], answer["SSEKMSKeyId"]) == ("aws:kms", key)


def test_what_athena_refuses_at_once_is_refused(lake):
    client = lake("athena")
    for params, words in (
        ({"QueryString": "SELECT 1"}, "No output location provided"),
        ({"QueryString": "SELECT 1", "WorkGroup": "gone"}, "WorkGroup gone is not found"),
        ({"QueryString": "-" * 262145}, "longer than 262144 bytes"),
    ):
        with pytest.raises(ClientError, match=words):
            client.start_query_execution(**params)
    with pytest.raises(ClientError, match="was not found"):
        client.get_query_execution(QueryExecutionId="00000000-0000-0000-0000-000000000000")


def test_the_same_token_is_the_same_query(lake):
    where = {"OutputLocation": f"s3://{BUCKET}/results/"}
    start = {"QueryString": "SELECT 1", "ResultConfiguration": where, "ClientRequestToken": "t" * 32}
    client = lake("athena")
    first, second = (client.start_query_execution(**start)["QueryExecutionId"] for _ in range(2))
    assert first == second


def test_results_come_in_pages(lake, ask):
    rows = ask("SELECT id FROM numbers ORDER BY id")
    client = lake("athena")
    id = client.list_query_executions()["QueryExecutionIds"][0]
    pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=id, PaginationConfig={"PageSize": 2})
    shown = [
        [datum.get("VarCharValue") for datum in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]
    ]
    assert shown == rows
    assert len(rows) == 5


def test_a_query_that_was_running_when_the_cloud_ended_has_failed(cloud, lake):
    record = {"Status": {"State": "RUNNING"}, "WorkGroup": "primary", "Token": ""}
    cloud.gateway.store["athena.queries"]["123456789012", "eu-west-1", "cut"] = record
    cloud.gateway.tell("restore")
    assert record["Status"]["State"] == "FAILED"
    del cloud.gateway.store["athena.queries"]["123456789012", "eu-west-1", "cut"]


def test_the_catalogue_is_shown_through_athena_as_glue_has_it(lake):
    client = lake("athena")
    assert "lab" in [each["Name"] for each in client.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]]
    table = client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="lab", TableName="daily")[
        "TableMetadata"
    ]
    assert [column["Name"] for column in table["PartitionKeys"]] == ["day"]
    with pytest.raises(ClientError, match="no catalogue"):
        client.list_databases(CatalogName="other")
