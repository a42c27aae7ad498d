"""Physical names: valid, unique, deterministic, readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_iac.components._kit.facts import get_facts
from mlops_iac.components._kit.naming import physical_name, short_hash
from mlops_iac.core.facts import known_types

WORDS = st.from_regex(r"[a-z][a-z0-9-]{0,80}", fullmatch=True)
NAMED = [token for token in known_types() if get_facts(token).name]


@pytest.mark.parametrize(
    ("token", "logical", "expected"),
    [
        ("aws:iam/role:Role", "trainer-role", "churn-dev-trainer-role"),
        ("aws:kms/alias:Alias", "key", "alias/churn-dev-key"),
        ("aws:glue/catalogDatabase:CatalogDatabase", "data-lake", "churn_dev_data_lake"),
        ("aws:cloudwatch/logGroup:LogGroup", "flow", "/mlops-iac/churn-dev-flow"),
        ("aws:ssm/parameter:Parameter", "catalogue", "/mlops-iac/churn-dev-catalogue"),
    ],
)
def test_a_name_reads_stack_then_words(token: str, logical: str, expected: str) -> None:
    assert physical_name(token, stack="churn-dev", logical=logical) == expected


def test_a_bucket_ends_in_the_hash_of_where_it_is() -> None:
    suffix = short_hash("123456789012", "eu-west-1", "churn-dev")
    name = physical_name("aws:s3/bucket:Bucket", stack="churn-dev", logical="lake", suffix=suffix)
    assert name == f"churn-dev-lake-{suffix}"
    assert suffix != short_hash("123456789012", "eu-west-1", "churn-prod")


@given(stack=st.just("a-team-of-16-chr-production"), logical=WORDS, token=st.sampled_from(NAMED))
def test_no_name_is_longer_than_its_type_allows(stack: str, logical: str, token: str) -> None:
    rule = get_facts(token).name
    assert rule is not None
    suffix = "0123abc" if rule.unique else ""
    name = physical_name(token, stack=stack, logical=logical, suffix=suffix)
    assert len(name) <= rule.limit
    assert name == physical_name(token, stack=stack, logical=logical, suffix=suffix)


def test_two_long_names_that_differ_at_the_end_stay_two() -> None:
    long = "x" * 80
    names = {physical_name("aws:iam/role:Role", stack="churn-dev", logical=f"{long}-{end}") for end in "ab"}
    assert len(names) == 2
    assert all(len(name) == 64 and name.startswith("churn-dev-") for name in names)


def test_a_long_bucket_keeps_the_hash_that_makes_it_unique() -> None:
    name = physical_name("aws:s3/bucket:Bucket", stack="churn-dev", logical="l" * 80, suffix="0123abc")
    assert len(name) <= 63
    assert name.endswith("-0123abc")
