"""A warehouse on an embedded cloud, and what asks it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from mlops_iac.cloud import warehouse

BUCKET = "lake-0123456"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "redshift-serverless.amazonaws.com"}}
    ],
}


def wait(client: Any, id: str) -> dict[str, Any]:
    """What became of a statement."""
    deadline = time.monotonic() + 30
    while (told := client.describe_statement(Id=id, WaitTimeSeconds=5))["Status"] not in (
        "FINISHED",
        "FAILED",
        "ABORTED",
    ):
        assert time.monotonic() < deadline, told
    return dict(told)


def values(client: Any, id: str) -> list[list[Any]]:
    rows = client.get_statement_result(Id=id)["Records"]
    return [[None if "isNull" in field else next(iter(field.values())) for field in row] for row in rows]


@pytest.fixture(scope="module")
def installs():
    return (warehouse.install,)


@pytest.fixture(scope="module")
def role(cloud) -> str:
    """A role that may read below raw/ and write below curated/."""
    iam = cloud.clients()("iam")
    arn = iam.create_role(RoleName="loader", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    lake = f"arn:aws:s3:::{BUCKET}"
    allowed = [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"{lake}/raw/*"]},
        {"Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": [f"{lake}/curated/*"]},
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [lake]},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName="loader", PolicyName="lake", PolicyDocument=document)
    return str(arn)


@pytest.fixture(scope="module")
def group(cloud, role) -> dict[str, Any]:
    """A workgroup and its namespace, `shop`."""
    clients = cloud.clients()
    clients("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client = clients("redshift-serverless")
    client.create_namespace(
        namespaceName="shop",
        dbName="shop",
        adminUsername="warehouse_admin",
        manageAdminPassword=True,
        iamRoles=[role],
        defaultIamRoleArn=role,
    )
    return dict(client.create_workgroup(workgroupName="shop", namespaceName="shop", baseCapacity=8)["workgroup"])


@pytest.fixture(scope="module")
def data(cloud, group) -> Any:
    return cloud.clients()("redshift-data")


@pytest.fixture(scope="module")
def ask(data) -> Callable[..., Any]:
    """Rows of an answer, how many rows it changed, or why it failed."""

    def ask(sql: str, **params: Any) -> Any:
        id = data.execute_statement(WorkgroupName="shop", Sql=sql, **params)["Id"]
        told = wait(data, id)
        if told["Status"] != "FINISHED":
            return told["Error"]
        return values(data, id) if told["HasResultSet"] else told["ResultRows"]

    return ask
