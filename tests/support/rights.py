"""Idle rights of an environment's roles, as its cloud tells them and as a list in a file allows them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mlops_iac.clients import Clients

Idle = dict[str, set[str]]
"""Role, without the stack's name, to the sids of statements that nothing needed; ``whole roles`` never acted."""

WHOLE = "whole roles"


def idle_rights(told: dict[str, Any], stack: str) -> Idle:
    """Out of ``EmbeddedCloud.rights()``."""
    found: Idle = {}
    for arn, rights in told["roles"].items():
        idle = {right["sid"] for right in rights if not right["needed_by"]}
        if idle:
            found[_name(arn, stack)] = idle
    if whole := {_name(arn, stack) for arn in told["idle_roles"] if f"/{stack}-" in arn}:
        found[WHOLE] = whole
    return found


def allowed_idle_rights(file: Path) -> Idle:
    """The list's entries; each has a reason."""
    listed = yaml.safe_load(file.read_text("utf-8"))
    assert all(len(reason) > 10 for rights in listed.values() for reason in rights.values())
    return {role: set(rights) for role, rights in listed.items()}


def _name(arn: str, stack: str) -> str:
    return arn.rsplit("/", 1)[-1].removeprefix(f"{stack}-")


@contextlib.contextmanager
def without_right(clients: Clients, role: str, sid: str) -> Iterator[None]:
    """Take a statement of a role's own policies away, for a while."""
    iam = clients("iam")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        left = [statement for statement in document["Statement"] if statement["Sid"] != sid]
        if len(left) < len(document["Statement"]):
            break
    else:
        raise AssertionError(f"role {role} has no right {sid}")
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": left}))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
