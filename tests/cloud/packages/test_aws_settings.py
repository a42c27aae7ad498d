"""Every setting of AWS's provider is honoured, means nothing here for a reason, or is refused by name."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from pulumi_aws.provider import Provider

from mlops_iac.cloud.packages.aws_settings import HONOURED, HOW_AWS_IS_REACHED, REFUSED, check, read
from mlops_iac.config.namespaces import AWS_KEYS
from mlops_iac.core.errors import PlanError
from mlops_iac.engine.values.value import UNKNOWN

ACCOUNT = "123456789012"
NOT_SETTINGS = {"__self__", "resource_name", "opts", "__props__"}
SETTINGS = sorted(
    re.sub(r"_(.)", lambda match: match[1].upper(), name)
    for name in inspect.signature(Provider._internal_init).parameters
    if name not in NOT_SETTINGS
)
ANY: dict[str, Any] = {
    "allowedAccountIds": [ACCOUNT],
    "forbiddenAccountIds": ["1"],
    "defaultTags": {},
    "ignoreTags": {},
}


def test_the_table_is_of_the_providers_own_settings_each_in_one_place() -> None:
    assert sorted([*HONOURED, *HOW_AWS_IS_REACHED, *REFUSED]) == SETTINGS
    assert set(AWS_KEYS) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_taken_or_refused_by_its_name(name: str) -> None:
    settings = {name: ANY.get(name, "something")}
    if name not in REFUSED:
        check(settings, ACCOUNT)
        return
    with pytest.raises(PlanError, match="not honoured here") as refused:
        check(settings, ACCOUNT)
    (problem,) = refused.value.problems
    assert problem.path == f"aws:{name}"
    assert f"`{name}`" in problem.detail
    check({name: "[]"}, ACCOUNT)  # said to be nothing


def test_every_honoured_setting_changes_what_is_read_or_whether_one_may_go_on() -> None:
    plain = read({})
    for name, value in {
        "region": "eu-west-1",
        "defaultTags": {"tags": {"team": "a"}},
        "ignoreTags": {"keys": ["Scanned"]},
    }.items():
        assert read({name: value}) != plain, name
    for name, value in {"allowedAccountIds": ["1"], "forbiddenAccountIds": [ACCOUNT]}.items():
        with pytest.raises(PlanError, match="not allowed"):
            check({name: value}, ACCOUNT)
    assert {"region", "defaultTags", "ignoreTags", "allowedAccountIds", "forbiddenAccountIds"} == HONOURED


def test_structures_come_as_they_are_or_as_json() -> None:
    told = read({"defaultTags": '{"tags":{"team":"a","n":1}}', "ignoreTags": {"keyPrefixes": ["x:"]}})
    assert told.default_tags == {"team": "a", "n": "1"}
    assert told.ignored_prefixes == ("x:",)
    check({"allowedAccountIds": f'["{ACCOUNT}"]', "region": "eu-west-1", "version": "7.0.0"}, ACCOUNT)
    assert read({"defaultTags": {"tags": {"a": UNKNOWN}}}).default_tags is UNKNOWN


@pytest.mark.parametrize(
    "settings",
    [
        {"defaultTags": "team: a"}, {"defaultTags": {"tags": "a"}}, {"defaultTags": "[]"},
        {"allowedAccountIds": "123456789012"}, {"ignoreTags": '["a"]'},
    ],
)  # fmt: skip
def test_another_shape_is_refused_with_the_right_one(settings: dict[str, Any]) -> None:
    with pytest.raises(PlanError, match="another shape") as refused:
        check(settings, ACCOUNT)
    assert "write it as" in refused.value.hint


def test_an_unknown_setting_is_refused_with_the_nearest() -> None:
    with pytest.raises(PlanError, match="no such provider setting") as refused:
        check({"allowedAccountId": [ACCOUNT]}, ACCOUNT)
    assert refused.value.hint == "did you mean `allowedAccountIds`?"


def test_an_account_that_is_not_known_is_not_judged() -> None:
    check({"allowedAccountIds": ["1"]}, None)


def test_a_refusal_says_which_account_this_is() -> None:
    with pytest.raises(PlanError) as refused:
        check({"allowedAccountIds": ["1"], "region": "eu-west-1"}, ACCOUNT)
    assert ACCOUNT in refused.value.detail
