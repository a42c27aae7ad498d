"""Credentials of GetFederationToken: what both the user and the token allow, in AWS's words."""

from __future__ import annotations

import json

import pytest

from tests.cloud.iam.test_session_tokens import ACCOUNT, acting, refusal

LOCATION = {"LocationConstraint": "eu-west-1"}
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"


def allow(*actions, **more):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*", **more}]}
    )


@pytest.fixture(scope="module")
def ana(cloud):
    """A user who may vouch for others, list and make buckets, and her lasting credentials."""
    iam = cloud.clients()("iam")
    iam.create_user(UserName="vouching")
    policy = allow("s3:List*", "s3:CreateBucket", "sts:GetFederationToken", "sts:AssumeRole")
    iam.put_user_policy(UserName="vouching", PolicyName="p", PolicyDocument=policy)
    return acting(cloud, iam.create_access_key(UserName="vouching")["AccessKey"])


def test_a_federated_session_may_do_what_both_allow(cloud, ana):
    asked = {"Name": "bob", "Policy": allow("s3:ListAllMyBuckets", "s3:PutObject"), "DurationSeconds": 900}
    found = ana("sts").get_federation_token(**asked)
    assert found["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:bob", "Arn": FEDERATED}
    bob = acting(cloud, found["Credentials"])
    assert bob("sts").get_caller_identity()["Arn"] == FEDERATED
    assert bob("sts").get_caller_identity()["UserId"] == f"{ACCOUNT}:bob"
    bob("s3").list_buckets()
    for call in (
        lambda: bob("s3").create_bucket(Bucket="of-the-user-only", CreateBucketConfiguration=LOCATION),
        lambda: bob("s3").put_object(Bucket="of-the-token-only", Key="x"),
    ):
        code, message = refusal(call)
        assert code == "AccessDenied"
        assert message.startswith(f"User: {FEDERATED} is not authorized to perform")


def test_the_owner_vouches_within_the_tokens_policy_too(cloud):
    arn = cloud.clients()("iam").create_policy(PolicyName="lists", PolicyDocument=allow("s3:ListAllMyBuckets"))
    asked = {"Name": "bob", "PolicyArns": [{"arn": arn["Policy"]["Arn"]}]}
    bob = acting(cloud, cloud.clients()("sts").get_federation_token(**asked)["Credentials"])
    bob("s3").list_buckets()
    assert refusal(lambda: bob("sqs").list_queues())[0] == "AccessDenied"


def test_without_a_policy_only_a_resources_own_policy_allows_anything(cloud):
    s3 = cloud.clients()("s3")
    s3.create_bucket(Bucket="for-bob", CreateBucketConfiguration=LOCATION)
    bob = acting(cloud, cloud.clients()("sts").get_federation_token(Name="bob")["Credentials"])
    assert refusal(lambda: bob("s3").list_objects_v2(Bucket="for-bob"))[0] == "AccessDenied"
    statement = {"Effect": "Allow", "Principal": {"AWS": FEDERATED}, "Action": "s3:ListBucket"}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "arn:aws:s3:::for-bob"}]}
    s3.put_bucket_policy(Bucket="for-bob", Policy=json.dumps(policy))
    bob("s3").list_objects_v2(Bucket="for-bob")


def test_tags_of_the_session_and_its_kind_are_seen_by_conditions(cloud):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "a", "aws:PrincipalType": "FederatedUser"}}
    asked = {"Name": "bob", "Policy": allow("s3:*", Condition=condition)}
    sts = cloud.clients()("sts")
    for team, may in (("a", True), ("b", False)):
        tags = [{"Key": "team", "Value": team}]
        bob = acting(cloud, sts.get_federation_token(**asked, Tags=tags)["Credentials"])
        if may:
            bob("s3").list_buckets()
        else:
            assert refusal(bob("s3").list_buckets)[0] == "AccessDenied"


def test_iam_and_sts_are_closed_to_it(cloud, ana):
    bob = acting(cloud, ana("sts").get_federation_token(Name="bob", Policy=allow("*"))["Credentials"])
    assert refusal(bob("iam").list_users)[0] == "InvalidClientTokenId"
    role = f"arn:aws:iam::{ACCOUNT}:role/any"
    for call in (
        lambda: bob("sts").get_federation_token(Name="carl"),
        lambda: bob("sts").assume_role(RoleArn=role, RoleSessionName="s1"),
    ):
        assert refusal(call)[0] == "AccessDenied"


def test_a_user_without_the_right_may_not_vouch(cloud):
    iam = cloud.clients()("iam")
    iam.create_user(UserName="plain")
    plain = acting(cloud, iam.create_access_key(UserName="plain")["AccessKey"])
    assert "sts:GetFederationToken" in refusal(lambda: plain("sts").get_federation_token(Name="bob"))[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Name": "a b"}, "2 to 32"),
        ({"DurationSeconds": 129_601}, "900 to 129600"),
        ({"PolicyArns": [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/gone"}]}, "no such managed policy"),
    ],
)
def test_what_sts_refuses_is_refused(cloud, changes, words):
    code, message = refusal(lambda: cloud.clients()("sts").get_federation_token(**{"Name": "bob", **changes}))
    assert (code, words in message) == ("ValidationError", True), message


def test_a_role_may_not_vouch(make_role, act_as):
    assert refusal(lambda: act_as(make_role("vouches"))("sts").get_federation_token(Name="bob"))[0] == "AccessDenied"


def test_a_managed_policy_limits_the_session_of_a_role_as_well(cloud):
    iam, owner = cloud.clients()("iam"), {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": owner, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="limited", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="limited", PolicyName="p", PolicyDocument=allow("*"))
    arn = iam.create_policy(PolicyName="lists-2", PolicyDocument=allow("s3:ListAllMyBuckets"))
    given = {"RoleArn": role, "RoleSessionName": "s1", "PolicyArns": [{"arn": arn["Policy"]["Arn"]}]}
    session = acting(cloud, cloud.clients()("sts").assume_role(**given)["Credentials"])
    session("s3").list_buckets()
    assert refusal(session("sqs").list_queues)[0] == "AccessDenied"
