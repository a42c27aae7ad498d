"""AWS's evaluation logic as cases from outside: what its user guide says, and what others found and hold in tests.

Guide: the IAM user guide, read on 2026-11-28: "Policy evaluation logic" with its pages on requests within one account
and across accounts, "NotPrincipal", "NotAction", "NotResource", "Condition operators", "Set operators", "Policy
variables". Others: the cases of github.com/cloud-copilot/iam-simulate at 46890ef, of which 235 of the 264 that can be
asked of this evaluator are answered alike; of the others 23 are about policies and roles that AWS owns itself, 3 about
aliases of keys, whose ARNs the enforcer never asks a key's policy about, and one about a mode of theirs. The last two
are where the guide's words decide here: see `test_where_the_guide_and_others_differ`.
"""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.cloud.iam.conditions import parse_conditions
from mlops_iac.cloud.iam.documents import Names
from mlops_iac.cloud.iam.evaluate import Ask, Policies, evaluate
from tests.cloud.iam.test_evaluate import policy

OURS, THEIRS = "111111111111", "999999999999"
ROLE, OWN_ROOT = f"arn:aws:iam::{OURS}:role/flows/job", f"arn:aws:iam::{OURS}:root"
SESSION = f"arn:aws:sts::{OURS}:assumed-role/job/run-1"
USER = f"arn:aws:iam::{OURS}:user/ana"
AS_ROLE = Names(session=SESSION, identity=ROLE, account=OURS)
AS_USER = Names(identity=USER, account=OURS)
EVENTS = Names(service="events.amazonaws.com")
FILE = "arn:aws:s3:::lake/raw/part-1.csv"

Statement = dict[str, Any]


def allows(action: Any = "s3:GetObject", on: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": on, **more}


def denies(action: Any = "s3:GetObject", on: Any = "*", **more: Any) -> Statement:
    return {**allows(action, on, **more), "Effect": "Deny"}


def to(principal: Any, statement: Statement | None = None) -> Statement:
    return {**(statement or allows()), "Principal": principal}


def but(*listed: str) -> Statement:
    return {**denies(), "NotPrincipal": {"AWS": list(listed)}}


def when(operator: str, key: str, value: Any) -> Statement:
    return {"Condition": {operator: {key: value}}}


ELSEWHERE = allows("sns:Publish")


def ask(who: Names = AS_ROLE, *, owner: str = OURS, keys: dict[str, Any] | None = None, decides: bool = False,
        action: str = "s3:GetObject", on: str = FILE, **given: Statement | list[Statement]) -> str:  # fmt: skip
    """``allowed``, ``denied`` (explicitly) or ``refused`` (nothing allows it)."""
    found = {
        name: policy(name, *(statements if isinstance(statements, list) else [statements]))
        for name, statements in given.items()
    }
    several = {name: (found[name],) for name in ("identity", "session") if name in found}
    decision = evaluate(
        Ask(who=who, action=action, resource=on, resource_account=owner, keys=keys or {}),
        Policies(**{**found, **several}, resource_decides=decides),
    )
    return "allowed" if decision.allowed else "denied" if decision.explicit else "refused"


@pytest.mark.parametrize(
    ("who", "owner", "given", "answer"),
    [
        # Within one account: identity and resource policies add up; boundary and session policies cut off.
        (AS_ROLE, OURS, {"identity": allows(), "resource": to({"AWS": THEIRS})}, "allowed"),
        (AS_ROLE, OURS, {"resource": to({"AWS": ROLE})}, "allowed"),
        (AS_ROLE, OURS, {"resource": to(ROLE)}, "allowed"),
        (AS_ROLE, OURS, {"resource": to({"AWS": SESSION})}, "allowed"),
        (AS_ROLE, OURS, {"resource": to({"AWS": OURS})}, "refused"),
        (AS_ROLE, OURS, {"identity": allows(), "boundary": allows("s3:*")}, "allowed"),
        (AS_ROLE, OURS, {"identity": allows(), "boundary": ELSEWHERE}, "refused"),
        (AS_ROLE, OURS, {"identity": ELSEWHERE, "boundary": allows("s3:*")}, "refused"),
        (AS_ROLE, OURS, {"identity": allows(), "session": ELSEWHERE}, "refused"),
        (AS_ROLE, OURS, {"identity": allows(), "session": allows(), "boundary": ELSEWHERE}, "refused"),
        (AS_ROLE, OURS, {"resource": to({"AWS": ROLE}), "boundary": ELSEWHERE}, "refused"),
        (AS_ROLE, OURS, {"resource": to({"AWS": ROLE}), "session": ELSEWHERE}, "refused"),
        (AS_ROLE, OURS, {"resource": to({"AWS": SESSION}), "boundary": ELSEWHERE}, "allowed"),
        (AS_ROLE, OURS, {"resource": to("*"), "boundary": ELSEWHERE}, "allowed"),
        (AS_ROLE, OURS, {"resource": to("*"), "session": ELSEWHERE}, "refused"),
        (AS_USER, OURS, {"resource": to({"AWS": USER}), "boundary": ELSEWHERE}, "allowed"),
        # A denial wins wherever it stands, with all that allows beside it.
        (AS_ROLE, OURS, {"identity": [allows(), denies()]}, "denied"),
        (AS_ROLE, OURS, {"identity": allows(), "boundary": [allows(), denies()]}, "denied"),
        (AS_ROLE, OURS, {"identity": allows(), "session": [allows(), denies()]}, "denied"),
        (AS_ROLE, OURS, {"identity": allows(), "resource": to({"AWS": OURS}, denies())}, "denied"),
        (AS_ROLE, OURS, {"resource": [to({"AWS": SESSION}), to("*", denies())]}, "denied"),
        (AS_ROLE, OURS, {"identity": allows(), "resource": to({"AWS": THEIRS}, denies())}, "allowed"),
        # Across accounts both must allow, and what cuts off cuts off whoever is named.
        (AS_ROLE, THEIRS, {"identity": allows()}, "refused"),
        (AS_ROLE, THEIRS, {"resource": to({"AWS": ROLE})}, "refused"),
        (AS_ROLE, THEIRS, {"resource": to({"AWS": SESSION})}, "refused"),
        (AS_ROLE, THEIRS, {"identity": allows(), "resource": to({"AWS": OURS})}, "allowed"),
        (AS_ROLE, THEIRS, {"identity": allows(), "resource": to("*")}, "allowed"),
        (AS_ROLE, THEIRS, {"identity": allows(), "resource": to({"AWS": ROLE}), "boundary": ELSEWHERE}, "refused"),
        (AS_ROLE, THEIRS, {"identity": allows(), "resource": to({"AWS": SESSION}), "boundary": ELSEWHERE}, "refused"),
        (AS_ROLE, THEIRS, {"identity": allows(), "resource": to({"AWS": SESSION}), "session": ELSEWHERE}, "refused"),
        (AS_USER, THEIRS, {"identity": allows(), "resource": to({"AWS": USER}), "boundary": ELSEWHERE}, "refused"),
        (AS_ROLE, THEIRS, {"identity": [allows(), denies()], "resource": to({"AWS": ROLE})}, "denied"),
        # Principals: whole names only; no pattern but the lone star; none at all is nobody.
        (AS_ROLE, OURS, {"resource": to({"AWS": f"arn:aws:iam::{OURS}:role/*"})}, "refused"),
        (AS_ROLE, OURS, {"resource": to({"AWS": f"arn:aws:iam::{OURS}:role/job"})}, "refused"),
        (AS_ROLE, OURS, {"resource": to({"AWS": SESSION.replace("run-1", "run-2")})}, "refused"),
        (AS_ROLE, OURS, {"resource": to({"Service": "*"})}, "refused"),
        (EVENTS, OURS, {"resource": to({"Service": ["sns.amazonaws.com", "events.amazonaws.com"]})}, "allowed"),
        (EVENTS, OURS, {"resource": to({"AWS": OURS})}, "refused"),
        (AS_ROLE, OURS, {"resource": allows()}, "refused"),
        (AS_ROLE, OURS, {"identity": allows(), "resource": denies()}, "allowed"),
        # NotPrincipal with Deny leaves out only who is listed whole, and nobody who has a boundary.
        (AS_ROLE, OURS, {"identity": allows(), "resource": but(SESSION, ROLE, OWN_ROOT)}, "allowed"),
        (AS_ROLE, OURS, {"identity": allows(), "resource": but(SESSION, ROLE, OURS)}, "allowed"),
        (AS_ROLE, OURS, {"identity": allows(), "resource": but(ROLE, OWN_ROOT)}, "denied"),
        (AS_ROLE, OURS, {"identity": allows(), "resource": but(SESSION, ROLE)}, "denied"),
        (AS_USER, OURS, {"identity": allows(), "resource": but(USER, OWN_ROOT)}, "allowed"),
        (AS_USER, OURS, {"identity": allows(), "resource": but(ROLE, OWN_ROOT)}, "denied"),
        (AS_ROLE, OURS, {"identity": allows(), "boundary": allows(), "resource": but(SESSION, ROLE, OURS)}, "denied"),
        (AS_USER, OURS, {"resource": {**allows(), "NotPrincipal": {"AWS": ROLE}}}, "allowed"),
        (AS_USER, OURS, {"resource": {**allows(), "NotPrincipal": {"AWS": [ROLE, USER]}}}, "refused"),
    ],
)  # fmt: skip
def test_who_may(who, owner, given, answer):
    assert ask(who, owner=owner, **given) == answer


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"identity": allows(), "resource": to({"AWS": THEIRS})}, "refused"),
        ({"identity": allows(), "resource": to({"AWS": OURS})}, "allowed"),
        ({"resource": to({"AWS": OURS})}, "refused"),
        ({"resource": to({"AWS": ROLE})}, "allowed"),
        ({"identity": allows()}, "refused"),
    ],
)
def test_a_key_and_a_role_are_used_only_as_their_own_policy_lets(given, answer):
    assert ask(decides=True, **given) == answer


def test_where_the_guide_and_others_differ():
    """The guide: what a resource's policy grants to a session by its ARN no session policy cuts off (others: it does);
    NotPrincipal must list the account and the session beside the role (others: the role is enough)."""
    assert ask(resource=to({"AWS": SESSION}), session=ELSEWHERE) == "allowed"
    assert ask(identity=allows(), resource=but(ROLE)) == "denied"


@pytest.mark.parametrize(
    ("statement", "action", "on", "answer"),
    [
        (allows("S3:getOBJECT"), "s3:GetObject", FILE, "allowed"),
        (allows("s3:*Object"), "s3:GetObject", FILE, "allowed"),
        (allows("s3:Get*Version"), "s3:GetObject", FILE, "refused"),
        (allows("s3:Get?bject"), "s3:GetObject", FILE, "allowed"),
        (allows("s3:Get"), "s3:GetObject", FILE, "refused"),
        (allows("*:*"), "s3:GetObject", FILE, "allowed"),
        (allows("s3:GetObject", "arn:aws:s3:::lake/*/part-?.csv"), "s3:GetObject", FILE, "allowed"),
        (allows("s3:GetObject", "arn:aws:s3:::l*e/*.csv"), "s3:GetObject", FILE, "allowed"),
        (allows("s3:GetObject", "arn:aws:s3:::lake/raw/part-??.csv"), "s3:GetObject", FILE, "refused"),
        (allows("s3:GetObject", "arn:aws:s3:::lake/*"), "s3:GetObject", "arn:aws:s3:::lake/a:b/c", "allowed"),
        (allows("s3:GetObject", "arn:aws:s3:::Lake/*"), "s3:GetObject", FILE, "refused"),
        (allows("s3:ListBucket", "arn:aws:s3:::lake/*"), "s3:ListBucket", "arn:aws:s3:::lake", "refused"),
        (allows("s3:GetObject", "arn:aws:s3:::lake"), "s3:GetObject", FILE, "refused"),
        (allows("s3:GetObject", "arn:aws:s3:::lake/[ab].csv"), "s3:GetObject", "arn:aws:s3:::lake/a.csv", "refused"),
        ({"Effect": "Allow", "NotAction": ["s3:Delete*"], "Resource": "*"}, "s3:GetObject", FILE, "allowed"),
        ({"Effect": "Allow", "NotAction": ["s3:Delete*"], "Resource": "*"}, "s3:DeleteObject", FILE, "refused"),
        ({"Effect": "Allow", "NotAction": ["S3:get*"], "Resource": "*"}, "s3:GetObject", FILE, "refused"),
        ({"Effect": "Deny", "NotAction": "s3:List*", "Resource": "*"}, "s3:GetObject", FILE, "denied"),
        ({"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}, "s3:GetObject", FILE, "refused"),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::lake/*"}, "s3:GetObject", FILE, "refused"),
        ({"Effect": "Allow", "Action": "*", "NotResource": ["arn:aws:s3:::a/*"]}, "s3:GetObject", FILE, "allowed"),
        ({"Effect": "Deny", "Action": "*", "NotResource": ["arn:aws:s3:::a/*"]}, "s3:GetObject", FILE, "denied"),
        ({"Effect": "Allow", "Action": "*", "NotResource": "${aws:username}"}, "s3:GetObject", FILE, "refused"),
    ],
)  # fmt: skip
def test_what_a_statement_speaks_of(statement, action, on, answer):
    assert ask(identity=statement, action=action, on=on) == answer


@pytest.mark.parametrize(
    ("conditions", "keys", "holds"),
    [
        # Several conditions and keys must all hold; of several values one must, and none where negated.
        ({"StringEquals": {"a": ["x", "y"], "b": "z"}}, {"a": "y", "b": "z"}, True),
        ({"StringEquals": {"a": ["x", "y"], "b": "z"}}, {"a": "y"}, False),
        ({"StringEquals": {"a": "x"}, "Bool": {"b": "true"}}, {"a": "x", "b": "false"}, False),
        ({"StringNotEquals": {"a": ["x", "y"]}}, {"a": "z"}, True),
        ({"StringNotEquals": {"a": ["x", "y"]}}, {"a": "y"}, False),
        # Keys have no case, values have.
        ({"StringEquals": {"AWS:SourceAccount": "X"}}, {"aws:sourceaccount": "X"}, True),
        ({"StringEquals": {"a": "X"}}, {"a": "x"}, False),
        ({"StringEqualsIgnoreCase": {"a": "X"}}, {"a": "x"}, True),
        # A key that is not there.
        ({"StringEqualsIfExists": {"a": "x"}}, {}, True),
        ({"StringEqualsIfExists": {"a": "x"}}, {"a": "y"}, False),
        ({"NumericLessThanIfExists": {"a": "3"}}, {}, True),
        ({"StringNotEquals": {"a": "x"}}, {}, True),
        ({"StringNotEqualsIfExists": {"a": "x"}}, {}, True),
        ({"ArnNotLike": {"a": "arn:aws:iam::*:role/x"}}, {}, True),
        ({"BoolIfExists": {"aws:multifactorauthpresent": "false"}}, {}, True),
        ({"Bool": {"aws:multifactorauthpresent": "false"}}, {}, False),
        ({"Null": {"a": "true"}}, {}, True),
        ({"Null": {"a": True}}, {"a": []}, True),
        ({"Null": {"a": "false"}}, {"a": "x"}, True),
        ({"Null": {"a": "false"}}, {}, False),
        # Keys with several values.
        ({"ForAllValues:StringEquals": {"a": ["x", "y"]}}, {"a": ["x", "y"]}, True),
        ({"ForAllValues:StringEquals": {"a": ["x", "y"]}}, {"a": ["x", "z"]}, False),
        ({"ForAllValues:StringEquals": {"a": "x"}}, {}, True),
        ({"ForAllValues:StringEquals": {"a": "x"}, "Null": {"a": "false"}}, {}, False),
        ({"ForAllValues:StringNotEquals": {"a": "x"}}, {"a": ["y", "z"]}, True),
        ({"ForAllValues:StringNotEquals": {"a": "x"}}, {"a": ["x", "z"]}, False),
        ({"ForAnyValue:StringEquals": {"a": ["x", "y"]}}, {"a": ["y", "z"]}, True),
        ({"ForAnyValue:StringEquals": {"a": "x"}}, {}, False),
        ({"ForAnyValue:StringEquals": {"a": "x"}}, {"a": []}, False),
        ({"ForAnyValue:StringLike": {"a": "p/*"}}, {"a": ["q/1", "p/2"]}, True),
        ({"ForAnyValue:StringNotEquals": {"a": "x"}}, {"a": ["x", "z"]}, True),
        ({"ForAnyValue:StringNotEquals": {"a": "x"}}, {}, False),
        # ARNs part by part; wildcards do not cross colons.
        ({"ArnLike": {"a": "arn:aws:sns:*:*:alerts-*"}}, {"a": "arn:aws:sns:eu-west-1:1:alerts-x"}, True),
        ({"ArnLike": {"a": "arn:aws:*:alerts"}}, {"a": "arn:aws:sns:eu-west-1:1:alerts"}, False),
        ({"ArnEquals": {"a": "arn:aws:iam::1:role/*"}}, {"a": "arn:aws:iam::1:role/flows/job"}, True),
        ({"StringEquals": {"a": "arn:aws:iam::1:role/*"}}, {"a": "arn:aws:iam::1:role/job"}, False),
        # What cannot be compared is neither equal nor different.
        ({"NumericEquals": {"a": "3"}}, {"a": "three"}, False),
        ({"NumericNotEquals": {"a": "3"}}, {"a": "three"}, False),
        ({"DateNotEquals": {"a": "soon"}}, {"a": "2026-01-01T00:00:00Z"}, False),
        ({"NotIpAddress": {"a": "10.0.0.0/8"}}, {"a": "somewhere"}, False),
        ({"ArnNotLike": {"a": "arn:aws:iam::1:role/*"}}, {"a": "job"}, False),
        ({"StringNotEquals": {"a": "${aws:username}"}}, {"a": "x"}, False),
        ({"StringNotLike": {"a": "home/${aws:username}/*"}}, {"a": "x"}, False),
        # Addresses, numbers, dates.
        ({"IpAddress": {"a": "203.0.113.7"}}, {"a": "203.0.113.7"}, True),
        ({"IpAddress": {"a": "2001:db8::/32"}}, {"a": "203.0.113.7"}, False),
        ({"NumericLessThanEquals": {"a": 10}}, {"a": "10.0"}, True),
        ({"DateGreaterThan": {"a": "2026-01-01T01:00:00+01:00"}}, {"a": "2026-01-01T00:00:00Z"}, False),
        # Variables stand for text: in strings and ARNs, and with their default where the key is not there.
        ({"StringEquals": {"a": "${aws:username}"}}, {"a": "ana", "aws:username": "ana"}, True),
        ({"StringLike": {"a": "${aws:PrincipalTag/team}/*"}}, {"a": "risk/1", "aws:principaltag/team": "risk"}, True),
        ({"StringLike": {"a": "${aws:PrincipalTag/team}"}}, {"a": "risk", "aws:principaltag/team": "*"}, False),
        ({"StringEquals": {"a": "${aws:PrincipalTag/team, 'none'}"}}, {"a": "none"}, True),
        ({"ArnLike": {"a": "arn:aws:iam::1:user/${b}"}}, {"a": "arn:aws:iam::1:user/x", "b": "x"}, True),
        ({"Bool": {"a": "${aws:SecureTransport}"}}, {"a": "true", "aws:securetransport": "true"}, False),
        ({"NumericEquals": {"a": "${b}"}}, {"a": "1", "b": "1"}, False),
        ({"StringLike": {"a": "a${*}c"}}, {"a": "a*c"}, True),
        ({"StringLike": {"a": "a${*}c"}}, {"a": "abc"}, False),
        ({"StringLike": {"a": "a*"}}, {"a": "a"}, True),
    ],
)  # fmt: skip
def test_conditions(conditions, keys, holds):
    given = {key: tuple(value) if isinstance(value, list) else (value,) for key, value in keys.items()}
    assert all(condition.holds(given) for condition in parse_conditions(conditions)) is holds


def test_a_session_s_principal_arn_is_its_role_s():
    """`aws:PrincipalArn` of a session is the ARN of its role, path and all."""
    from mlops_iac.cloud.iam.callers import Principal
    from mlops_iac.cloud.iam.context import principal_keys

    who = Principal(kind="role", account=OURS, name="job", arn=ROLE, session="run-1")
    assert principal_keys(who)["aws:principalarn"] == (ROLE,)
