"""Requests of roles on the embedded cloud: allowed, refused in AWS's words, never let through unknown."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.support.roles import allow

LOCATION = {"LocationConstraint": "eu-west-1"}


@pytest.fixture(scope="module")
def bucket(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="the-lake", CreateBucketConfiguration=LOCATION)
    s3.put_object(Bucket="the-lake", Key="raw/a.csv", Body=b"1,2")
    s3.put_object(Bucket="the-lake", Key="secret/b.csv", Body=b"3,4")
    return "the-lake"


def refusal(call) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_a_role_reads_what_its_policy_allows_and_nothing_else(bucket, make_role, act_as):
    role = make_role("reader", allow("s3:GetObject", on="arn:aws:s3:::the-lake/raw/*"))
    s3 = act_as(role)("s3")
    assert s3.get_object(Bucket=bucket, Key="raw/a.csv")["Body"].read() == b"1,2"
    assert refusal(lambda: s3.get_object(Bucket=bucket, Key="secret/b.csv")) == (
        403,
        "AccessDenied",
        "User: arn:aws:sts::123456789012:assumed-role/reader/SageMaker is not authorized to perform: s3:GetObject on "
        "resource: arn:aws:s3:::the-lake/secret/b.csv because no identity-based policy allows the s3:GetObject action",
    )


def test_the_person_may_do_everything(bucket, cloud):
    assert cloud.clients()("s3").get_object(Bucket=bucket, Key="secret/b.csv")["Body"].read() == b"3,4"
