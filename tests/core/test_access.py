"""Principals as people write them."""

from __future__ import annotations

import pytest

from mlops_iac.core.access import LEVELS, parse_principal, partition_of

ACCOUNT = "111122223333"


@pytest.mark.parametrize(
    ("text", "kind", "partition", "account", "name"),
    [
        (f"arn:aws:iam::{ACCOUNT}:user/anna", "user", "aws", ACCOUNT, "anna"),
        (f"arn:aws:iam::{ACCOUNT}:user/staff/ml/anna.b@example.org", "user", "aws", ACCOUNT, "anna.b@example.org"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/data-science", "role", "aws-cn", ACCOUNT, "data-science"),
        ("sso:DataScientist", "sso", "", "", "DataScientist"),
        (f"sso:{ACCOUNT}/DataScientist", "sso", "", ACCOUNT, "DataScientist"),
    ],
)
def test_a_principal_is_read(text: str, kind: str, partition: str, account: str, name: str) -> None:
    found = parse_principal(text)
    assert (found.kind, found.partition, found.account, found.name) == (kind, partition, account, name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("anna", "It is one of: arn:aws:iam::111122223333:user/anna"),
        ("", "It is one of"),
        ("*", "It is one of"),
        ("arn:aws:iam::1234:user/anna", "It is one of"),
        (f"arn:aws:iam::{ACCOUNT}:user/*", "named exactly"),
        (f"arn:aws:iam::{ACCOUNT}:role/data-?", "named exactly"),
        (f"arn:aws:iam::{ACCOUNT}:root", "everybody in the account"),
        (f"arn:aws:iam::{ACCOUNT}:group/ml", "A group cannot assume a role"),
        (f"arn:aws:iam::{ACCOUNT}:policy/ml", "neither a user"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/data-science/anna", "name the role itself, as `…:role/data-science`"),
        (f"arn:aws:iam::{ACCOUNT}:user/{'a' * 65}", "neither a user"),
        ("sso:", "It is one of"),
        ("sso:two words", "It is one of"),
        (f"sso:{'a' * 33}", "It is one of"),
        ("arn:aws:iam::111122223333:user/anna\n", "It is one of"),
    ],
)
def test_what_is_none_is_refused_with_what_is_right(text: str, words: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_principal(text)
    assert words in str(caught.value)


def test_a_permission_sets_roles_are_matched_by_name_and_by_the_length_of_what_follows() -> None:
    assert parse_principal("sso:Data").patterns() == (
        "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Data_????????????????",
        "role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Data_????????????????",
    )


def test_a_partition_follows_from_the_region() -> None:
    regions = ("eu-west-1", "cn-north-1", "us-gov-west-1")
    assert [partition_of(one) for one in regions] == [
        "aws",
        "aws-cn",
        "aws-us-gov",
    ]


def test_levels_stand_from_the_least_to_the_most() -> None:
    assert LEVELS == ("viewer", "scientist", "admin")
