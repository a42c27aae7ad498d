"""Who may ask a warehouse, and whose its tables are: IAM's rights, and those of the database."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud.warehouse.conftest import TRUST, wait

DATA = ("redshift-data:DescribeStatement", "redshift-data:GetStatementResult", "redshift-data:CancelStatement")


@pytest.fixture(scope="module")
def reader(cloud, group):
    """The Data API in a role that may ask the workgroup, and no other."""
    return _as_role(cloud, "reader", ["redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials"], group)


def _as_role(cloud, name, actions, group):
    iam = cloud.clients()("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    allowed = [
        {"Effect": "Allow", "Action": actions, "Resource": [group["workgroupArn"]]},
        {"Effect": "Allow", "Action": list(DATA), "Resource": ["*"]},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName=name, PolicyName="ask", PolicyDocument=document)
    service = "redshift-serverless.amazonaws.com"
    return cloud.gateway.roles.clients(arn, service, "test", "eu-west-1")("redshift-data")


def asked(client, sql, **params):
    told = wait(client, client.execute_statement(WorkgroupName="shop", Sql=sql, **params)["Id"])
    return told.get("Error") or told["Status"]


def test_a_role_reads_what_a_tables_owner_lets_it_read(ask, reader):
    ask("CREATE TABLE secrets AS SELECT 1 AS n")
    assert asked(reader, "SELECT * FROM secrets") == "ERROR: permission denied for relation secrets"
    assert asked(reader, "DROP TABLE secrets") == "ERROR: must be owner of relation secrets"
    assert asked(reader, "GRANT SELECT ON secrets TO PUBLIC") == "ERROR: must be owner of relation secrets"
    assert ask('GRANT SELECT ON secrets TO "IAMR:reader"') == -1
    assert asked(reader, "SELECT * FROM secrets") == "FINISHED"
    assert asked(reader, "INSERT INTO secrets VALUES (2)") == "ERROR: permission denied for relation secrets"
    assert ask('REVOKE ALL ON secrets FROM "IAMR:reader"') == -1
    assert asked(reader, "SELECT * FROM secrets") == "ERROR: permission denied for relation secrets"


def test_a_schema_is_its_owners_too(ask, reader):
    ask("CREATE SCHEMA lab")
    ask("CREATE TABLE lab.t AS SELECT 1 AS n")
    ask("GRANT SELECT ON ALL TABLES IN SCHEMA lab TO PUBLIC")
    assert asked(reader, "SELECT * FROM lab.t") == "ERROR: permission denied for schema lab"
    assert asked(reader, "CREATE TABLE lab.u (n INT)") == "ERROR: permission denied for schema lab"
    ask("GRANT USAGE ON SCHEMA lab TO PUBLIC")
    assert asked(reader, "SELECT * FROM lab.t") == "FINISHED"


def test_what_replaces_or_renames_a_table_keeps_its_rights_straight(ask, reader):
    ask("CREATE TABLE one AS SELECT 1 AS n")
    ask("GRANT SELECT ON one TO PUBLIC")
    ask("ALTER TABLE one RENAME TO two")
    assert asked(reader, "SELECT n FROM two") == "FINISHED"
    ask("DROP TABLE two")
    ask("CREATE TABLE two AS SELECT 2 AS n")
    assert asked(reader, "SELECT n FROM two") == "ERROR: permission denied for relation two"


def test_the_administrators_secret_lets_do_everything_to_whom_may_read_it(cloud, ask, data, reader):
    namespace = cloud.clients()("redshift-serverless").get_namespace(namespaceName="shop")["namespace"]
    secret = namespace["adminPasswordSecretArn"]
    assert asked(reader, "CREATE TABLE readers AS SELECT 1 AS n") == "FINISHED"
    assert ask("SELECT * FROM readers") == "ERROR: permission denied for relation readers"
    assert ask("SELECT n FROM readers", SecretArn=secret) == [[1]]
    with pytest.raises(ClientError, match="secretsmanager:GetSecretValue"):
        reader.execute_statement(WorkgroupName="shop", Sql="SELECT 1", SecretArn=secret)


@pytest.mark.parametrize("lacking", ["redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials"])
def test_asking_takes_both_rights_on_the_workgroup(cloud, group, lacking):
    actions = [
        one for one in ("redshift-data:ExecuteStatement", "redshift-serverless:GetCredentials") if one != lacking
    ]
    client = _as_role(cloud, f"lacks-{lacking.rpartition(':')[2]}", actions, group)
    with pytest.raises(ClientError, match=f"not authorized to perform: {lacking} on resource: {group['workgroupArn']}"):
        client.execute_statement(WorkgroupName="shop", Sql="SELECT 1")


def test_nobody_is_told_of_anothers_statement(ask, data, reader):
    id = data.execute_statement(WorkgroupName="shop", Sql="SELECT 1")["Id"]
    wait(data, id)
    for call in (reader.describe_statement, reader.get_statement_result, reader.cancel_statement):
        with pytest.raises(ClientError, match="does not exist"):
            call(Id=id)
