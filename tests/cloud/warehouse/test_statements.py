"""The Data API over a warehouse that answers: Redshift's SQL, COPY and UNLOAD, and what it refuses."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud.warehouse.conftest import BUCKET, values, wait


@pytest.fixture(scope="module")
def sales(ask):
    made = """CREATE TABLE sales (shop VARCHAR(4) NOT NULL ENCODE zstd, day DATE, units INT, price DECIMAL(8,2),
              PRIMARY KEY (shop)) DISTSTYLE KEY DISTKEY (shop) SORTKEY (day)"""
    assert ask(made) == -1
    assert ask("INSERT INTO Sales VALUES ('a', '2026-01-01', 3, 1.50), ('a', '2026-01-02', 5, 2), ('b', NULL, 7, 0.1)")
    return "sales"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT COUNT(*) FROM public.SALES", [[3]]),
        ("SELECT 7 / 2, 7 / 2.0", [[3, 3.5]]),
        ("SELECT shop, SUM(units) AS sold FROM sales GROUP BY 1 ORDER BY 1", [["a", 8], ["b", 7]]),
        ("SELECT TOP 1 NVL(day, '2026-02-01') FROM sales ORDER BY 1 DESC", [["2026-02-01"]]),
        ("SELECT DATEADD(day, 1, day)::date FROM sales WHERE units = 3", [["2026-01-02"]]),
        ("SELECT DATEDIFF(day, MIN(day), MAX(day)), MAX(price) FROM sales", [[1, "2.00"]]),
        ("SELECT LISTAGG(shop, ',') WITHIN GROUP (ORDER BY units) FROM sales", [["a,a,b"]]),
        (
            "WITH best AS (SELECT shop FROM sales WHERE units > 6) SELECT shop, TRUE, NULL FROM best",
            [["b", True, None]],
        ),
        ("SELECT units FROM sales WHERE shop = :shop AND units > :least", [[5]]),
    ],
)
def test_queries_are_answered_as_redshift_answers_them(ask, sales, sql, rows):
    given = [{"name": "shop", "value": "a"}, {"name": "least", "value": "3"}]
    found = ask(sql, **({"Parameters": given} if ":shop" in sql else {}))
    assert [[float(v) if v == "3.5" else v for v in row] for row in found] == rows


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT wrong FROM sales", 'column "wrong" does not exist'),
        ("SELEC 1", "syntax error"),
        ("SELECT 1; SELECT 2", "multiple commands"),
        ("INSERT INTO sales VALUES ('toolong', NULL, 1, 1)", 'Value too long for column "shop"'),
        ("INSERT INTO sales (units) VALUES (1)", "Cannot insert a NULL value into column shop"),
        ("CREATE TABLE t (id INT IDENTITY(1,1))", "does not offer IDENTITY columns"),
        ("CREATE EXTERNAL SCHEMA s FROM DATA CATALOG DATABASE 'd' IAM_ROLE default", "does not offer"),
        ("SELECT * FROM read_csv('/etc/passwd')", "does not offer the function"),
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
        ("SELECT * FROM _mlops_iac.owners", 'schema "_mlops_iac" does not exist'),
        ("ATTACH '/tmp/x.db'", "syntax error"),
        ("SELECT read_text('/etc/passwd')", "table function"),
        ("COPY sales FROM 's3://x/y' IAM_ROLE 'arn:aws:iam::123456789012:role/other' CSV", "is not associated"),
        ("COPY sales FROM 's3://x/y' CSV", "needs credentials"),
        ("COPY sales FROM 's3://x/y' IAM_ROLE default FIXEDWIDTH 'a:3'", "does not offer COPY with FIXEDWIDTH"),
        ("UNLOAD ('DELETE FROM sales') TO 's3://x/y' IAM_ROLE default", "UNLOAD takes a SELECT"),
    ],
)
def test_what_is_wrong_or_not_understood_is_told_by_the_statements_error(ask, sales, sql, said):
    found = ask(sql)
    assert isinstance(found, str), found
    assert found.startswith("ERROR: ")
    assert said in found


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"Sql": "SELECT 1", "WorkgroupName": "none"}, "doesn't exist"),
        ({"Sql": "SELECT 1"}, "must be provided"),
        ({"Sql": "SELECT 1", "WorkgroupName": "shop", "Database": "other"}, "does not exist"),
        (
            {"Sql": "SELECT 1", "WorkgroupName": "shop", "Parameters": [{"name": "a", "value": "1"}]},
            "unused parameters",
        ),
        ({"Sql": "SELECT 1", "WorkgroupName": "shop", "SessionKeepAliveSeconds": 10}, "does not offer"),
        ({"Sql": "SELECT 1", "WorkgroupName": "shop", "ResultFormat": "CSV"}, "JSON only"),
    ],
)
def test_what_aws_refuses_at_once_is_refused_at_once(data, params, said):
    with pytest.raises(ClientError, match=said):
        data.execute_statement(**params)


def test_a_batch_is_done_as_a_whole_or_not_at_all(data, ask, sales):
    sqls = ["CREATE TEMP TABLE few AS SELECT * FROM sales LIMIT 1", "SELECT COUNT(*) FROM few"]
    id = data.batch_execute_statement(WorkgroupName="shop", Sqls=sqls)["Id"]
    assert wait(data, id)["Status"] == "FINISHED"
    assert values(data, f"{id}:2") == [[1]]
    id = data.batch_execute_statement(WorkgroupName="shop", Sqls=["DELETE FROM sales", "SELECT * FROM gone"])["Id"]
    told = wait(data, id)
    assert [part["Status"] for part in told["SubStatements"]] == ["ABORTED", "FAILED"]
    assert ask("SELECT COUNT(*) FROM sales") == [[3]]


def test_copy_reads_the_lake_and_unload_writes_it_in_the_role_that_is_named(ask, cloud, role):
    s3 = cloud.clients()("s3")
    s3.put_object(Bucket=BUCKET, Key="raw/visits/1.csv", Body=b'who,n\nann,1\n"b, c",\n')
    s3.put_object(Bucket=BUCKET, Key="raw/json/1.json", Body=b'{"who": "dan", "n": 4}\n')
    s3.put_object(Bucket=BUCKET, Key="private/1.csv", Body=b"eve,9\n")
    ask("CREATE TABLE visits (who VARCHAR, n INT)")
    assert ask(f"COPY visits FROM 's3://{BUCKET}/raw/visits/' IAM_ROLE '{role}' FORMAT AS CSV IGNOREHEADER 1") == 2
    assert ask(f"COPY visits FROM 's3://{BUCKET}/raw/json/' IAM_ROLE default FORMAT JSON 'auto'") == 1
    denied = ask(f"COPY visits FROM 's3://{BUCKET}/private/' IAM_ROLE default CSV")
    assert "Error AccessDenied" in denied
    assert ask("SELECT who, n FROM visits ORDER BY 1") == [["ann", 1], ["b, c", None], ["dan", 4]]
    unload = f"UNLOAD ('SELECT * FROM visits WHERE who = ''ann''') TO 's3://{BUCKET}/curated/out/' IAM_ROLE '{role}'"
    assert ask(f"{unload} FORMAT JSON EXTENSION 'json'") == 1
    (item,) = s3.list_objects_v2(Bucket=BUCKET, Prefix="curated/out/")["Contents"]
    assert item["Key"] == "curated/out/0000_part_00.json"
    body = s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
    assert json.loads(body) == {"who": "ann", "n": 1}
    assert "is not empty" in ask(f"{unload} FORMAT JSON")
    assert ask(f"{unload} PARQUET CLEANPATH") == 1
    elsewhere = f"UNLOAD ('SELECT 1') TO 's3://{BUCKET}/models/x' IAM_ROLE default CSV"
    assert "Error AccessDenied" in ask(elsewhere)


def test_a_bad_value_loads_nothing(ask, cloud):
    cloud.clients()("s3").put_object(Bucket=BUCKET, Key="raw/bad/1.csv", Body=b"1\nx\n")
    ask("CREATE TABLE numbers (n INT)")
    assert ask(f"COPY numbers FROM 's3://{BUCKET}/raw/bad/' IAM_ROLE default CSV").startswith("ERROR: ")
    assert ask("SELECT COUNT(*) FROM numbers") == [[0]]


def test_a_call_with_the_same_token_runs_once(data, ask):
    ask("CREATE TABLE once (n INT)")
    ids = {
        data.execute_statement(WorkgroupName="shop", Sql="INSERT INTO once VALUES (1)", ClientToken="t1")["Id"]
        for _ in range(2)
    }
    (id,) = ids
    wait(data, id)
    assert ask("SELECT COUNT(*) FROM once") == [[1]]


def test_statements_are_listed_and_an_ended_one_cannot_be_cancelled(data, ask):
    id = data.execute_statement(WorkgroupName="shop", Sql="SELECT 1", StatementName="mine")["Id"]
    wait(data, id)
    (listed,) = data.list_statements(StatementName="mine")["Statements"]
    assert (listed["Id"], listed["Status"]) == (id, "FINISHED")
    with pytest.raises(ClientError, match="already in FINISHED"):
        data.cancel_statement(Id=id)
    with pytest.raises(ClientError, match="does not exist"):
        data.describe_statement(Id="00000000-0000-0000-0000-000000000000")


def test_a_running_statement_is_cancelled(data):
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT MAX(i) FROM n"
    id = data.execute_statement(WorkgroupName="shop", Sql=sql)["Id"]
    data.cancel_statement(Id=id)
    assert wait(data, id)["Status"] == "ABORTED"


def test_a_long_answer_comes_in_pages(data, ask):
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n"
    id = data.execute_statement(WorkgroupName="shop", Sql=sql)["Id"]
    wait(data, id)
    pages = list(data.get_paginator("get_statement_result").paginate(Id=id))
    assert [len(page["Records"]) for page in pages] == [1000, 1000, 500]
    assert pages[0]["TotalNumRows"] == 2500
    assert pages[0]["ColumnMetadata"][0]["typeName"] == "int4"
