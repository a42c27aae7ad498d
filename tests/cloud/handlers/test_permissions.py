"""Rules of security groups, there and back."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.cloud.handlers.ec2._permissions import from_permission, settle_rules, to_permission

GROUP = "sg-1"
RULES: list[dict[str, Any]] = [
    {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["10.0.0.0/8", "172.16.0.0/12"]},
    {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True},
    {"protocol": "udp", "fromPort": 53, "toPort": 53, "ipv6CidrBlocks": ["::/0"], "securityGroups": ["sg-2"]},
    {"protocol": "tcp", "fromPort": 1, "toPort": 2, "prefixListIds": ["pl-1"]},
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["protocol"])
def test_a_rule_comes_back_as_it_went(rule: dict[str, Any]) -> None:
    assert from_permission(to_permission(rule, GROUP), GROUP) == rule


def test_rules_that_open_the_same_are_the_ones_that_were_asked_for() -> None:
    last = [{**RULES[0], "description": "ours"}]
    split = [to_permission({**RULES[0], "cidrBlocks": [cidr]}, GROUP) for cidr in ("172.16.0.0/12", "10.0.0.0/8")]
    assert settle_rules(last, split, GROUP) == last


def test_a_rule_more_or_less_shows_what_is_there() -> None:
    found = [to_permission(rule, GROUP) for rule in RULES[:2]]
    assert settle_rules(RULES[:1], found, GROUP) == RULES[:2]
    assert settle_rules(RULES[:1], [], GROUP) == []
