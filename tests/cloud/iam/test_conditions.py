"""Condition operators, one case a line: what the policy says, what the request has, whether it holds."""

from __future__ import annotations

import pytest

from mlops_iac.cloud.iam.conditions import OPERATORS, UnknownOperator, parse_conditions

CASES = [
    # operator, the policy's values, the request's values (None: no such key), holds
    ("StringEquals", ["a", "b"], ["b"], True),
    ("StringEquals", ["a"], ["A"], False),
    ("StringEquals", ["a"], None, False),
    ("StringEqualsIfExists", ["a"], None, True),
    ("StringEqualsIfExists", ["a"], ["b"], False),
    ("StringNotEquals", ["a", "b"], ["c"], True),
    ("StringNotEquals", ["a", "b"], ["a"], False),
    ("StringNotEquals", ["a"], None, True),
    ("StringNotEqualsIfExists", ["a"], ["a"], False),
    ("StringEqualsIgnoreCase", ["ab"], ["AB"], True),
    ("StringNotEqualsIgnoreCase", ["ab"], ["AB"], False),
    ("StringLike", ["ml.m5.*"], ["ml.m5.large"], True),
    ("StringLike", ["ml.m?.large"], ["ml.m5.large"], True),
    ("StringLike", ["ml.m5.*"], ["ml.g5.large"], False),
    ("StringNotLike", ["ml.g*"], ["ml.m5.large"], True),
    ("NumericEquals", [3], ["3.0"], True),
    ("NumericNotEquals", [3], ["3"], False),
    ("NumericLessThan", ["1.2"], ["1.1"], True),
    ("NumericLessThan", ["1.2"], ["1.3"], False),
    ("NumericLessThanEquals", ["10"], ["10"], True),
    ("NumericGreaterThan", ["10"], ["9"], False),
    ("NumericGreaterThanEquals", ["10"], ["10"], True),
    ("NumericLessThan", ["10"], ["many"], False),
    ("DateEquals", ["2026-01-01T00:00:00Z"], ["1767225600"], True),
    ("DateEquals", ["2026-01-01T02:00:00+02:00"], ["1767225600"], True),
    ("DateNotEquals", ["2026-01-01T00:00:00Z"], ["2026-01-02T00:00:00Z"], True),
    ("DateLessThan", ["2026-01-02T00:00:00Z"], ["2026-01-01T00:00:00Z"], True),
    ("DateLessThanEquals", ["2026-01-01"], ["2026-01-01T00:00:00Z"], True),
    ("DateGreaterThan", ["2026-01-02T00:00:00Z"], ["2026-01-01T00:00:00Z"], False),
    ("DateGreaterThanEquals", ["2026-01-01T00:00:00Z"], ["2026-01-01T00:00:00Z"], True),
    ("Bool", [True], ["true"], True),
    ("Bool", ["false"], ["true"], False),
    ("Bool", ["true"], None, False),
    ("BoolIfExists", ["true"], None, True),
    ("BinaryEquals", ["QmluYXJ5"], ["QmluYXJ5"], True),
    ("BinaryEquals", ["QmluYXJ5"], ["b3RoZXI="], False),
    ("IpAddress", ["203.0.113.0/24"], ["203.0.113.9"], True),
    ("IpAddress", ["203.0.113.0/24", "2001:db8::/32"], ["2001:db8::1"], True),
    ("IpAddress", ["203.0.113.0/24"], ["198.51.100.1"], False),
    ("NotIpAddress", ["203.0.113.0/24"], ["198.51.100.1"], True),
    ("ArnLike", ["arn:aws:sns:*:123456789012:a*"], ["arn:aws:sns:eu-west-1:123456789012:alerts"], True),
    ("ArnLike", ["arn:aws:sns:*:alerts"], ["arn:aws:sns:eu-west-1:123456789012:alerts"], False),
    ("ArnEquals", ["arn:aws:iam::123456789012:role/*"], ["arn:aws:iam::123456789012:role/a"], True),
    ("ArnNotEquals", ["arn:aws:iam::123456789012:role/a"], ["arn:aws:iam::123456789012:role/b"], True),
    ("ArnNotLike", ["arn:aws:iam::123456789012:role/*"], ["arn:aws:iam::123456789012:role/b"], False),
    ("Null", ["true"], None, True),
    ("Null", ["true"], ["x"], False),
    ("Null", ["false"], ["x"], True),
    ("Null", ["false"], None, False),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "b"], ["a", "c"], False),
    ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAllValues:StringLike", ["ml.m5.*"], ["ml.m5.large", "ml.m5.xlarge"], True),
    ("ForAnyValue:StringEquals", ["a", "b"], ["b", "c"], True),
    ("ForAnyValue:StringEquals", ["a"], ["c"], False),
    ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAllValues:StringNotEquals", ["a"], ["b", "a"], False),
    ("ForAnyValue:StringNotEquals", ["a"], ["b", "a"], True),
]


@pytest.mark.parametrize(("operator", "wanted", "given", "holds"), CASES)
def test_an_operator_holds(operator, wanted, given, holds):
    (condition,) = parse_conditions({operator: {"Some:Key": wanted}})
    keys = {} if given is None else {"some:key": tuple(given)}
    assert condition.holds(keys) is holds


def test_every_operator_has_a_case():
    tried = {operator.rpartition(":")[2].removesuffix("IfExists") for operator, *_ in CASES}
    assert tried == OPERATORS


@pytest.mark.parametrize("operator", ["StringLikes", "ForSomeValues:String", "IfExists"])
def test_an_unknown_operator_is_no_condition(operator):
    with pytest.raises(UnknownOperator):
        parse_conditions({operator: {"a:b": "c"}})


@pytest.mark.parametrize(
    ("wanted", "keys", "holds"),
    [
        ("${aws:username}", {"aws:username": ("ana",)}, True),
        ("${aws:username}", {}, False),
        ("${aws:username, 'nobody'}", {}, False),
        ("home/${aws:username}/*", {"aws:username": ("ana",)}, False),
    ],
)
def test_variables_are_filled_from_the_request(wanted, keys, holds):
    (condition,) = parse_conditions({"StringEquals": {"k": wanted}})
    assert condition.holds({**keys, "k": ("ana",)}) is holds


def test_a_default_stands_in_for_a_missing_variable():
    (condition,) = parse_conditions({"StringEquals": {"k": "${aws:PrincipalTag/team, 'ana'}"}})
    assert condition.holds({"k": ("ana",)})
    assert not condition.holds({"k": ("ana",), "aws:principaltag/team": ("risk",)})
