"""Decisions, as AWS's page on policy evaluation logic has them; every policy is written in its own line."""

from __future__ import annotations

import json

import pytest

from mlops_iac.cloud.iam.documents import MalformedDocument, Names, parse_document
from mlops_iac.cloud.iam.evaluate import Ask, Policies, Policy, evaluate
from tests.support.roles import allow, deny, document

ACCOUNT, OTHER = "123456789012", "222222222222"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/job"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/job/SageMaker"
USER = f"arn:aws:iam::{ACCOUNT}:user/ana"
THING = "arn:aws:s3:::lake/raw/a.csv"
AS_ROLE = Names(session=SESSION, identity=ROLE, account=ACCOUNT)
AS_USER = Names(identity=USER, account=ACCOUNT)
READ = allow("s3:GetObject", on="arn:aws:s3:::lake/*")


def policy(name, *statements):
    return Policy(name, parse_document(document(*statements)))


def naming(principal, statement=READ):
    return {**statement, "Principal": principal}


def decide(who=AS_ROLE, *, owner=ACCOUNT, arn=THING, keys=None, **given):
    named = {"identity": (), "session": (), "boundary": None, "resource": None, **given}
    found = Policies(**named)
    asked = Ask(who=who, action="s3:GetObject", resource=arn, resource_account=owner, keys=keys or {})
    return evaluate(asked, found)


INLINE = (policy("inline", READ),)
NOTHING = policy("nothing", allow("sns:Publish"))


def test_nothing_is_allowed_by_default():
    assert decide() == decide(identity=(NOTHING,))
    assert (decide().allowed, decide().explicit, decide().kind) == (False, False, "identity-based policy")


def test_an_identity_policy_allows_and_is_named_with_its_statement():
    found = decide(identity=(NOTHING, policy("inline", {**READ, "Sid": "LakeRead"})))
    assert (found.allowed, found.policy, found.sid) == (True, "inline", "LakeRead")


@pytest.mark.parametrize("where", ["identity", "session", "boundary", "resource"])
def test_a_deny_anywhere_wins(where):
    refusing = policy("refusing", {**deny("s3:*"), **({"Principal": "*"} if where == "resource" else {})}, READ)
    given = {"identity": INLINE, where: (refusing,) if where in ("identity", "session") else refusing}
    if where == "identity":
        given["identity"] = (*INLINE, refusing)
    found = decide(**given)
    assert (found.allowed, found.explicit, found.policy) == (False, True, "refusing")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"boundary": NOTHING}, "permissions boundary"),
        ({"session": (NOTHING,)}, "session policy"),
    ],
)
def test_a_boundary_and_a_session_policy_limit_and_are_named(given, kind):
    found = decide(identity=INLINE, **given)
    assert (found.allowed, found.explicit, found.kind) == (False, False, kind)


def test_a_boundary_alone_allows_nothing():
    assert not decide(boundary=policy("all", allow("*"))).allowed


@pytest.mark.parametrize(
    ("who", "principal", "boundary", "allowed"),
    [
        (AS_ROLE, {"AWS": SESSION}, NOTHING, True),  # a session by its own ARN is past the boundary
        (AS_ROLE, {"AWS": ROLE}, None, True),
        (AS_ROLE, {"AWS": ROLE}, NOTHING, False),  # a role by its ARN is not
        (AS_ROLE, "*", None, True),
        (AS_ROLE, "*", NOTHING, True),  # everybody is the session too
        (AS_ROLE, {"AWS": ACCOUNT}, None, False),  # the account only delegates
        (AS_ROLE, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, None, False),
        (AS_ROLE, {"AWS": OTHER}, None, False),
        (AS_ROLE, {"Service": "sagemaker.amazonaws.com"}, None, False),
        (AS_USER, {"AWS": USER}, NOTHING, True),
        (AS_USER, {"AWS": [OTHER, USER]}, None, True),
    ],
)
def test_a_resource_policy_within_the_account(who, principal, boundary, allowed):
    assert decide(who, resource=policy("bucket", naming(principal)), boundary=boundary).allowed is allowed


@pytest.mark.parametrize(
    ("identity", "principal", "allowed"),
    [
        (INLINE, {"AWS": ROLE}, True),
        (INLINE, {"AWS": ACCOUNT}, True),
        ((), {"AWS": ROLE}, False),
        (INLINE, {"AWS": OTHER}, False),
    ],
)
def test_across_accounts_both_sides_must_allow(identity, principal, allowed):
    assert decide(owner=OTHER, identity=identity, resource=policy("bucket", naming(principal))).allowed is allowed


def test_across_accounts_the_resource_without_a_policy_refuses():
    found = decide(owner=OTHER, identity=INLINE)
    assert (found.allowed, found.kind) == (False, "resource-based policy")


@pytest.mark.parametrize(
    ("principal", "identity", "allowed"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, INLINE, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, (), False),
        ({"AWS": ROLE}, (), True),
        ({"AWS": OTHER}, INLINE, False),
    ],
)
def test_a_key_or_a_role_is_only_used_as_its_own_policy_lets(principal, identity, allowed):
    found = decide(identity=identity, resource=policy("key", naming(principal)), resource_decides=True)
    assert found.allowed is allowed


def test_a_grant_on_a_key_stands_beside_the_policies():
    assert decide(granted=True, resource=policy("key", naming({"AWS": OTHER})), resource_decides=True).allowed
    refused = policy("refusing", deny("s3:GetObject"))
    assert not decide(granted=True, identity=(refused,)).allowed


def test_a_service_is_allowed_by_the_resource_alone():
    who = Names(service="events.amazonaws.com", account=ACCOUNT)
    assert decide(who, resource=policy("topic", naming({"Service": "events.amazonaws.com"}))).allowed
    assert not decide(who, resource=policy("topic", naming({"Service": "s3.amazonaws.com"}))).allowed
    assert not decide(who).allowed


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": ["s3:Get*"], "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::lake/secret/*"}, True),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::lake/raw/*"}, False),
        ({"Effect": "Allow", "Action": "S3:getobject", "Resource": "*"}, True),  # actions have no case
        ({"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::LAKE/*"}, False),  # resources have
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/raw/?.csv"}, True),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:PrincipalTag/b}/*"}, True),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:PrincipalTag/none}/*"}, False),
        ({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/${*}"}, False),
    ],
)
def test_elements_of_a_statement(statement, allowed):
    keys = {"aws:principaltag/b": ("lake",)}
    assert decide(identity=(policy("inline", statement),), keys=keys).allowed is allowed


def test_what_a_variable_holds_is_no_pattern():
    inline = policy("inline", allow("s3:GetObject", on="arn:aws:s3:::${aws:PrincipalTag/b}/*"))
    assert not decide(identity=(inline,), keys={"aws:principaltag/b": ("*",)}).allowed


def test_the_old_version_knows_no_variables():
    text = json.dumps({"Version": "2008-10-17", "Statement": allow("s3:*", on="arn:aws:s3:::${aws:username}/*")})
    inline = Policy("old", parse_document(text))
    assert not decide(identity=(inline,), keys={"aws:username": ("lake",)}).allowed
    named = "arn:aws:s3:::${aws:username}/x"
    assert decide(identity=(inline,), arn=named, keys={"aws:username": ("lake",)}).allowed


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Statement": [1]}', '{"Statement": {"Effect": "Allow"', "null"])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(MalformedDocument):
        parse_document(text)
