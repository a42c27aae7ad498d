"""Credentials that end: the caller's own from GetSessionToken, and none that this cloud would not know again."""

from __future__ import annotations

import gzip
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import moto
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from mlops_iac.clients import Clients, Credentials
from mlops_iac.cloud.iam import session_tokens

ACCOUNT = "123456789012"
PERSON = f"arn:aws:iam::{ACCOUNT}:user/administrator"


def acting(cloud, found: dict[str, Any]) -> Clients:
    given = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("SessionToken"))
    return Clients.embedded(cloud.endpoint, "eu-west-1", credentials=given)


def refusal(call) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.fixture(scope="module")
def ana(cloud):
    """A user who may read, and her lasting credentials."""
    iam = cloud.clients()("iam")
    iam.create_user(UserName="ana")
    allow = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:List*","Resource":"*"}]}'
    iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=allow)
    return acting(cloud, iam.create_access_key(UserName="ana")["AccessKey"])


def test_a_session_of_the_owner_is_the_owner(cloud):
    session = acting(cloud, cloud.clients()("sts").get_session_token()["Credentials"])
    assert session("sts").get_caller_identity()["Arn"] == PERSON
    session("s3").create_bucket(Bucket="of-a-session", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    session("s3").put_object(Bucket="of-a-session", Key="x", Body=b"1")
    assert session("sagemaker").list_endpoints()["Endpoints"] == []


def test_a_session_of_a_user_has_the_users_rights_and_no_more(cloud, ana):
    session = acting(cloud, ana("sts").get_session_token(DurationSeconds=900)["Credentials"])
    assert session("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ana"
    session("s3").list_buckets()
    code, message = refusal(lambda: session("s3").create_bucket(Bucket="never"))
    assert code == "AccessDenied"
    assert message.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/ana is not authorized to perform: s3:CreateBucket")


def test_iam_and_most_of_sts_are_closed_to_a_session(cloud):
    session = acting(cloud, cloud.clients()("sts").get_session_token()["Credentials"])
    assert refusal(lambda: session("iam").list_users())[0] == "InvalidClientTokenId"
    assert refusal(lambda: session("sts").get_session_token()) == (
        "AccessDenied", "Cannot call GetSessionToken with session credentials",
    )  # fmt: skip


def test_a_roles_session_gets_none_of_its_own(make_role, act_as):
    role = make_role("asks-sts")
    assert refusal(lambda: act_as(role)("sts").get_session_token())[0] == "AccessDenied"


def test_a_session_ends_and_lasts_no_longer_than_aws_lets_it(cloud):
    sts = cloud.clients()("sts")
    who = cloud.gateway.iam.identify({}, ACCOUNT, cloud.gateway.token.owner.access_key)
    ended, _ = cloud.gateway.iam.sessions.issue_same(who, -1)
    clients = Clients.embedded(cloud.endpoint, "eu-west-1", credentials=ended)
    assert refusal(lambda: clients("s3").list_buckets())[0] == "ExpiredToken"
    assert refusal(lambda: sts.get_session_token(DurationSeconds=200_000))[0] == "ValidationError"
    asked = {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/x", "TokenCode": "123456"}
    assert refusal(lambda: sts.get_session_token(**asked))[0] == "NotImplemented"


def test_who_acts_for_a_user_has_the_users_rights(cloud, ana):
    """Athena and SageMaker read as their caller does, and a user is not the owner."""
    seen = []
    cloud.gateway.before("sts", "GetCallerIdentity", lambda call: seen.append(cloud.gateway.roles.as_caller(call)))
    ana("sts").get_caller_identity()
    assert seen[0]("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/ana"


# The law ------------------------------------------------------------------------------------------------------------

KNOWN = {("iam", "CreateAccessKey"), ("sts", "AssumeRole"), ("sts", "GetFederationToken"), ("sts", "GetSessionToken")}
"""Operations whose credentials act as somebody here; each has its test."""


SECRET = re.compile(rb'"secret(access)?key"', re.IGNORECASE)
MOTO = Path(moto.__file__).parent


def hands_out_keys(shape: Any, above: frozenset[str] = frozenset()) -> bool:
    """Whether an answer holds the secret half of an access key of AWS."""
    if shape is None or shape.name in above:
        return False
    if shape.type_name == "list":
        return hands_out_keys(shape.member, above | {shape.name})
    members = shape.members.items() if shape.type_name == "structure" else ()
    return any(
        name.lower() in ("secretaccesskey", "secretkey") or hands_out_keys(member, above | {shape.name})
        for name, member in members
    )


def services_with_keys() -> Iterator[str]:
    """The services of moto's in whose models a secret key is named at all: to read them as models takes long."""
    for folder in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        models = sorted(folder.glob("*/service-2.json*"))
        if models and (MOTO / plain(folder.name) / "responses.py").exists():
            raw = models[-1].read_bytes()
            if SECRET.search(gzip.decompress(raw) if models[-1].suffix == ".gz" else raw):
                yield folder.name


def plain(service: str) -> str:
    return re.sub("[^a-z0-9]", "", service)


def moto_answers(service: str, operation: str) -> bool:
    """Whether moto has a method for it: as ``snake_case``, or in one word as its older services write it."""
    try:
        responses = importlib.import_module(f"moto.{plain(service)}.responses")
    except ImportError:
        return False
    names = {xform_name(operation), operation.lower()}
    return any(names & set(vars(kind)) for kind in vars(responses).values() if isinstance(kind, type))


def test_keys_that_moto_hands_out_act_as_somebody_or_are_refused(cloud):
    session = botocore.session.Session()
    found = {
        (service, operation)
        for service in services_with_keys()
        for operation in session.get_service_model(service).operation_names
        if hands_out_keys(session.get_service_model(service).operation_model(operation).output_shape)
        and moto_answers(service, operation)
    }
    assert found >= KNOWN
    assert found - KNOWN == {each for each in session_tokens.REFUSED if moto_answers(*each)}
    assert all(cloud.gateway.is_ours(*each) for each in session_tokens.REFUSED)
