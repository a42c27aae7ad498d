"""What PostgreSQL answers by the RDS Data API, in AWS's shapes, and what is refused as AWS refuses it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from mlops_iac.clients import Clients, Credentials
from mlops_iac.cloud.postgres import data_api


def code(error) -> str:
    return error.value.response["Error"]["Code"]


def test_values_come_back_as_the_fields_of_their_types(data, cluster):
    sql = "SELECT 1 AS n, 1.5::float8 AS x, true AS b, 2.50::numeric AS d, 'é' AS s, NULL AS u, DATE '2026-01-02' AS t"
    answer = data.execute_statement(**cluster, sql=sql, includeResultMetadata=True)
    assert answer["records"] == [
        [
            {"longValue": 1},
            {"doubleValue": 1.5},
            {"booleanValue": True},
            {"stringValue": "2.50"},
            {"stringValue": "é"},
            {"isNull": True},
            {"stringValue": "2026-01-02"},
        ]
    ]
    assert [one["typeName"] for one in answer["columnMetadata"]][:4] == ["int4", "float8", "bool", "numeric"]


def test_parameters_are_values_and_never_sql(data, cluster):
    data.execute_statement(**cluster, sql="CREATE TABLE people (name text, born date)")
    given = [
        {"name": "name", "value": {"stringValue": "'; DROP TABLE people; --"}},
        {"name": "born", "value": {"stringValue": "2000-01-01"}, "typeHint": "DATE"},
    ]
    done = data.execute_statement(**cluster, sql="INSERT INTO people VALUES (:name, :born)", parameters=given)
    assert done["numberOfRecordsUpdated"] == 1
    found = data.execute_statement(**cluster, sql="SELECT name FROM people WHERE name = :name", parameters=given[:1])
    assert found["records"] == [[{"stringValue": "'; DROP TABLE people; --"}]]


def test_a_transaction_is_seen_when_it_is_committed_and_not_when_it_is_rolled_back(data, cluster):
    data.execute_statement(**cluster, sql="CREATE TABLE t (n int)")
    for end, rows in (("rollback", 0), ("commit", 1)):
        id = data.begin_transaction(**cluster)["transactionId"]
        data.execute_statement(**cluster, sql="INSERT INTO t VALUES (1)", transactionId=id)
        assert data.execute_statement(**cluster, sql="SELECT n FROM t")["records"] == []
        getattr(data, f"{end}_transaction")(**cluster, transactionId=id)
        assert len(data.execute_statement(**cluster, sql="SELECT n FROM t")["records"]) == rows
        with pytest.raises(ClientError) as error:
            data.execute_statement(**cluster, sql="SELECT 1", transactionId=id)
        assert code(error) == "TransactionNotFoundException"


def test_a_batch_is_done_whole_or_not_at_all(data, cluster):
    data.execute_statement(**cluster, sql="CREATE TABLE once (n int UNIQUE)")
    sets = [[{"name": "n", "value": {"longValue": n}}] for n in (1, 2, 1)]
    with pytest.raises(ClientError, match="duplicate key") as error:
        data.batch_execute_statement(**cluster, sql="INSERT INTO once VALUES (:n)", parameterSets=sets)
    assert code(error) == "DatabaseErrorException"
    assert data.execute_statement(**cluster, sql="SELECT n FROM once")["records"] == []
    done = data.batch_execute_statement(**cluster, sql="INSERT INTO once VALUES (:n)", parameterSets=sets[:2])
    assert len(done["updateResults"]) == 2


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM nowhere", "SQLState: 42P01"),
        ("SELECT 1; SELECT 2", "multiple commands"),
        ("COPY (SELECT 1) TO PROGRAM 'cat'", "permission denied|must be superuser"),
        ("SELECT pg_read_file('/etc/passwd')", "permission denied"),
        ("SELECT repeat('x', 2000000)", "size limit"),
    ],
)
def test_what_the_database_refuses_is_told_in_its_words(data, cluster, sql, words):
    with pytest.raises(ClientError, match=words):
        data.execute_statement(**cluster, sql=sql)


def test_a_wrong_password_and_the_superuser_are_not_let_in(cloud, data, cluster):
    for number, user in enumerate(("shop_admin", "rdsadmin", "nobody")):
        secret = cloud.clients()("secretsmanager").create_secret(
            Name=f"wrong-{number}", SecretString=json.dumps({"username": user, "password": "guessed-it"})
        )
        with pytest.raises(ClientError, match="password authentication failed"):
            data.execute_statement(resourceArn=cluster["resourceArn"], secretArn=secret["ARN"], sql="SELECT 1")


def test_a_cluster_without_a_data_api_is_not_asked(data, cluster):
    arn = cluster["resourceArn"].replace("shop", "other")
    with pytest.raises(ClientError) as error:
        data.execute_statement(**{**cluster, "resourceArn": arn}, sql="SELECT 1")
    assert code(error) == "HttpEndpointNotEnabledException"


def test_a_role_needs_the_cluster_and_the_secret(cloud, cluster):
    iam = cloud.clients()("iam")
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
    arn = iam.create_role(RoleName="asker", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))[
        "Role"
    ]["Arn"]
    keys = cloud.clients()("sts").assume_role(RoleArn=arn, RoleSessionName="asker")["Credentials"]
    role = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    data = Clients.embedded(cloud.endpoint, "eu-west-1", cluster["resourceArn"].split(":")[4], credentials=role)(
        "rds-data"
    )
    allowed = []
    for action, resource, words in (
        ("rds-data:ExecuteStatement", cluster["resourceArn"], "rds-data:ExecuteStatement"),
        ("secretsmanager:GetSecretValue", cluster["secretArn"], "secretsmanager:GetSecretValue"),
    ):
        with pytest.raises(ClientError, match=words):
            data.execute_statement(**cluster, sql="SELECT 1")
        allowed.append({"Effect": "Allow", "Action": action, "Resource": resource})
        document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        iam.put_role_policy(RoleName="asker", PolicyName="ask", PolicyDocument=document)
    assert data.execute_statement(**cluster, sql="SELECT 1")["records"] == [[{"longValue": 1}]]


def test_without_postgresql_it_says_what_to_install(data, cluster, monkeypatch):
    monkeypatch.setattr(data_api, "find_folder", lambda: None)
    with pytest.raises(ClientError, match=r"mlops-iac\[postgres\]") as error:
        data.execute_statement(**cluster, sql="SELECT 1")
    assert code(error) == "NotImplementedException"
