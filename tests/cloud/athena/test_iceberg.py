"""Iceberg tables, made by Glue and by Athena, filled and read by Athena's API, and by pyiceberg as a job would."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cloud import athena
from mlops_iac.cloud.athena import iceberg, iceberg_tables

BUCKET = "lake"
COLUMNS = [
    ("id", "int"), ("name", "string"), ("size", "double"), ("seen", "date"), ("at", "timestamp"), ("good", "boolean"),
    ("price", "decimal(10,2)"), ("many", "bigint"),
]  # fmt: skip


@pytest.fixture(scope="module")
def installs():
    return (athena.install,)


@pytest.fixture(scope="module")
def clients(cloud):
    clients = cloud.clients()
    clients("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    clients("glue").create_database(DatabaseInput={"Name": "lab"})
    return clients


def make(clients, name, columns=COLUMNS, version="2", **changes):
    """As Pulumi's provider asks Glue for one."""
    table = {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {
            "Columns": [{"Name": n, "Type": t} for n, t in columns],
            "Location": f"s3://{BUCKET}/{name}/",
        },
        **changes,
    }
    form = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": version}}
    clients("glue").create_table(DatabaseName="lab", TableInput=table, OpenTableFormatInput=form)
    return name


@pytest.fixture(scope="module")
def end(clients):
    """What GetQueryExecution says when a statement has ended."""

    def end(sql, **more):
        client = clients("athena")
        id = client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": "lab"},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
            **more,
        )["QueryExecutionId"]
        for _ in range(600):
            found = client.get_query_execution(QueryExecutionId=id)["QueryExecution"]
            if found["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                return found
            time.sleep(0.05)
        raise AssertionError("the query does not end")

    return end


@pytest.fixture(scope="module")
def ask(clients, end):
    """Rows of an answer without the header, or the reason why there is none."""

    def ask(sql, **more):
        found = end(sql, **more)
        if found["Status"]["State"] != "SUCCEEDED":
            return found["Status"]["StateChangeReason"]
        rows = clients("athena").get_query_results(QueryExecutionId=found["QueryExecutionId"])["ResultSet"]["Rows"]
        return [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in rows][1:]

    return ask


def keys(clients, prefix):
    return [one["Key"] for one in clients("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())]


def test_glue_writes_the_first_metadata(clients, ask):
    make(clients, "fresh")
    found = clients("glue").get_table(DatabaseName="lab", Name="fresh")["Table"]["Parameters"]
    assert found["table_type"] == "ICEBERG"
    assert keys(clients, "fresh/") == [found["metadata_location"].removeprefix(f"s3://{BUCKET}/")]
    assert ask("SELECT * FROM fresh") == []


def test_what_is_inserted_is_read(clients, ask, end):
    make(clients, "patients")
    done = end(
        "INSERT INTO patients VALUES (1, 'Ann', 1.5, DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05', true, 12.5, "
        "7), (2, NULL, NULL, NULL, NULL, false, NULL, NULL)"
    )
    assert (done["Status"]["State"], done["StatementType"]) == ("SUCCEEDED", "DML"), done["Status"]
    counted = clients("athena").get_query_results(QueryExecutionId=done["QueryExecutionId"])
    assert (counted["UpdateCount"], counted["ResultSet"]["Rows"]) == (2, [])
    assert ask("SELECT * FROM patients ORDER BY id") == [
        ("1", "Ann", "1.5", "2026-01-02", "2026-01-02 03:04:05.000", "true", "12.50", "7"),
        ("2", None, None, None, None, "false", None, None),
    ]
    ask("INSERT INTO lab.patients (name, id) SELECT upper(name), id + 10 FROM patients WHERE name IS NOT NULL")
    assert ask("SELECT id, name, size FROM patients WHERE id > 10") == [("11", "ANN", None)]
    assert ask("SELECT count(*) FROM patients") == [("3",)]
    assert ask("INSERT INTO patients (id) VALUES (?)", ExecutionParameters=["20"]) == []
    assert ask("SELECT max(id) FROM patients") == [("20",)]


def test_one_travels_to_a_snapshot_and_to_a_moment(clients, ask):
    make(clients, "history")
    for number in (1, 2, 3):
        ask(f"INSERT INTO history (id) VALUES ({number})")
    told = ask('SELECT snapshot_id, parent_id, operation, committed_at FROM "history$snapshots" ORDER BY committed_at')
    first, second, third = (row[0] for row in told)
    assert [row[1:3] for row in told] == [(None, "append"), (first, "append"), (second, "append")]
    assert [row[0] for row in ask('SELECT snapshot_id FROM "history$history" WHERE is_current_ancestor')] == [
        first, second, third,
    ]  # fmt: skip
    assert ask(f"SELECT id FROM history FOR VERSION AS OF {second} ORDER BY id") == [("1",), ("2",)]
    moment = told[0][3]
    assert ask(f"SELECT id FROM history FOR TIMESTAMP AS OF TIMESTAMP '{moment}'") == [("1",)]
    both = f"SELECT n.id FROM history n LEFT JOIN history FOR VERSION AS OF {first} o ON n.id = o.id WHERE o.id IS NULL"
    assert ask(f"{both} ORDER BY 1") == [("2",), ("3",)]
    assert "Iceberg snapshot ID does not exists: 7" in ask("SELECT id FROM history FOR VERSION AS OF 7")
    assert "No version history table" in ask("SELECT id FROM history FOR TIMESTAMP AS OF DATE '2001-01-01'")


def test_pyiceberg_finds_the_table_and_what_it_commits_is_read(clients, ask):
    """As a job does: by Glue's catalogue, and with another column."""
    from pyiceberg.types import StringType

    name = make(clients, "shared")
    ask("INSERT INTO shared (id) VALUES (1)")
    table = iceberg.Iceberg(clients)._catalogue().load_table(("lab", name))
    with table.update_schema() as change:
        change.add_column("note", StringType())
        change.rename_column("name", "called")
    ask("INSERT INTO shared (id, note, called) VALUES (2, 'new', 'Bo')")
    assert ask("SELECT id, note, called FROM shared ORDER BY id") == [("1", None, None), ("2", "new", "Bo")]
    columns = clients("glue").get_table(DatabaseName="lab", Name=name)["Table"]["StorageDescriptor"]["Columns"]
    assert {"note", "called"} <= {one["Name"] for one in columns}


def test_a_table_gets_columns_and_its_older_rows_have_nothing_in_them(clients, ask):
    make(clients, "grown", columns=[("id", "int")])
    ask("INSERT INTO grown VALUES (1)")
    assert ask("ALTER TABLE grown ADD COLUMNS (note string, price decimal(4,1))") == []
    ask("INSERT INTO grown VALUES (2, 'new', 1.5)")
    assert ask("SELECT * FROM grown ORDER BY id") == [("1", None, None), ("2", "new", "1.5")]
    columns = clients("glue").get_table(DatabaseName="lab", Name="grown")["Table"]["StorageDescriptor"]["Columns"]
    assert [(one["Name"], one["Type"]) for one in columns] == [
        ("id", "int"), ("note", "string"), ("price", "decimal(4,1)"),
    ]  # fmt: skip


def test_who_may_not_write_is_told_so(clients, ask, monkeypatch):
    def refuse(*_):
        answer = {"Error": {"Code": "AccessDenied", "Message": "ben may not s3:PutObject"}}
        raise ClientError(answer, "PutObject")

    make(clients, "guarded")
    monkeypatch.setattr(iceberg.Iceberg, "append", refuse)
    assert ask("INSERT INTO guarded (id) VALUES (1)") == "PERMISSION_DENIED: ben may not s3:PutObject"


def test_athena_makes_and_drops_them_with_their_files(clients, ask):
    sql = "CREATE TABLE {}own (id int, name string) LOCATION 's3://lake/own/' TBLPROPERTIES ('table_type'='ICEBERG')"
    assert ask(sql.format("")) == []
    assert ask("INSERT INTO own VALUES (1, 'a')") == []
    assert ask("SELECT name FROM own") == [("a",)]
    assert "already exists" in ask(sql.format(""))
    assert ask(sql.format("IF NOT EXISTS ")) == []
    assert ask("DROP TABLE own") == []
    assert keys(clients, "own/") == []
    assert "TABLE_NOT_FOUND" in ask("SELECT * FROM own")


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("INSERT INTO refused VALUES (1)", "mismatched column types"),
        ("INSERT INTO refused (id) VALUES ('a')", "Table: [integer], Query: [varchar]"),
        ("INSERT INTO refused (id) SELECT count(*) FROM refused", "Table: [integer], Query: [bigint]"),
        ("INSERT INTO refused (idd) VALUES (1)", "does not exist in target table: idd"),
        ("INSERT INTO refused (id, id) VALUES (1, 2)", "specified more than once: id"),
        ("INSERT INTO nothing VALUES (1)", "TABLE_NOT_FOUND"),
        ("INSERT INTO plain VALUES (1)", "NOT_SUPPORTED: the embedded cloud does not offer INSERT into tables that"),
        ("SELECT * FROM plain FOR VERSION AS OF 1", "NOT_SUPPORTED: Time travel is for Iceberg tables"),
        ("DELETE FROM refused WHERE id = 1", "NOT_SUPPORTED: the embedded cloud does not offer the statement DELETE"),
        ("UPDATE refused SET id = 2", "NOT_SUPPORTED: the embedded cloud does not offer the statement UPDATE"),
        ("OPTIMIZE refused REWRITE DATA USING BIN_PACK", "the embedded cloud does not offer the statement"),
        ("VACUUM refused", "NOT_SUPPORTED: the embedded cloud does not offer the statement VACUUM"),
        ("ALTER TABLE refused ADD COLUMNS (more tinyint)", "NOT_SUPPORTED: Unsupported Hive type: tinyint"),
        ("ALTER TABLE refused ADD COLUMNS (id int)", "COLUMN_ALREADY_EXISTS"),
        ("ALTER TABLE plain ADD COLUMNS (more int)", "NOT_SUPPORTED: the embedded cloud does not offer ALTER TABLE"),
        ("ALTER TABLE refused DROP COLUMN name", "the embedded cloud does not offer the statement ALTER"),
        (
            "CREATE TABLE parted (id int, d date) PARTITIONED BY (d) LOCATION 's3://lake/parted/' "
            "TBLPROPERTIES ('table_type'='ICEBERG')",
            "NOT_SUPPORTED: the embedded cloud does not offer Iceberg tables with partitions",
        ),
        (
            "CREATE TABLE odd (id tinyint) LOCATION 's3://lake/odd/' TBLPROPERTIES ('table_type'='ICEBERG')",
            "Unsupported Hive type: tinyint",
        ),
    ],
)  # fmt: skip
def test_what_is_not_done_is_refused_in_athenas_form(clients, ask, sql, says):
    for name in ("refused", "plain"):
        if name not in {one["Name"] for one in clients("glue").get_tables(DatabaseName="lab")["TableList"]}:
            if name == "refused":
                make(clients, name)
            else:
                storage = {"Columns": [{"Name": "id", "Type": "int"}], "Location": f"s3://{BUCKET}/plain/"}
                clients("glue").create_table(
                    DatabaseName="lab", TableInput={"Name": name, "StorageDescriptor": storage}
                )
    assert says in ask(sql)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"columns": [("id", "tinyint")]}, "Unsupported Hive type: tinyint of column id"),
        ({"PartitionKeys": [{"Name": "day", "Type": "date"}]}, "Partition keys are not supported"),
        ({"TableType": "VIRTUAL_VIEW"}, "must be EXTERNAL_TABLE"),
        ({"version": "3"}, "writes Iceberg 1 and 2"),
    ],
)
def test_a_table_that_cannot_be_is_not_made(clients, changes, says):
    with pytest.raises(ClientError, match=says):
        make(clients, "never", **changes)
    with pytest.raises(ClientError, match="EntityNotFound"):
        clients("glue").get_table(DatabaseName="lab", Name="never")
    assert keys(clients, "never/") == []


def test_who_saw_an_older_version_changes_nothing(clients):
    make(clients, "busy")
    glue = clients("glue")
    seen = glue.get_table(DatabaseName="lab", Name="busy")["Table"]
    given = {key: seen[key] for key in ("Name", "TableType", "Parameters", "StorageDescriptor")}
    glue.update_table(DatabaseName="lab", TableInput=given, VersionId=seen["VersionId"])
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        glue.update_table(DatabaseName="lab", TableInput=given, VersionId=seen["VersionId"])


def test_without_the_extra_it_is_said_how_to_get_it(clients, ask, monkeypatch):
    make(clients, "lonely")
    monkeypatch.setattr(iceberg, "is_there", lambda: False)
    monkeypatch.setattr(iceberg_tables, "is_there", lambda: False)
    assert "pip install 'mlops-iac[iceberg]'" in ask("SELECT * FROM lonely")
    with pytest.raises(ClientError, match="mlops-iac"):
        make(clients, "never")
