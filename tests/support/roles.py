"""Roles for tests: policy documents, and roles on an embedded cloud that services may assume."""

from __future__ import annotations

import json
from typing import Any

from mlops_iac.clients import Clients


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": on, **more}


def trusting(*services: str, **more: Any) -> dict[str, Any]:
    """A trust policy's statement; services as ``sagemaker``."""
    names = [f"{service}.amazonaws.com" for service in services]
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": names}, **more}


def make_role(
    clients: Clients,
    name: str,
    *statements: dict[str, Any],
    services: tuple[str, ...] = ("sagemaker",),
    **more: Any,
) -> str:
    """A role with one inline policy; answers its ARN."""
    iam = clients("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusting(*services)), **more)["Role"][
        "Arn"
    ]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
    return arn


def make_mighty_role(clients: Clients, name: str, *services: str) -> str:
    """A role that may do everything, for tests that are about something else."""
    return make_role(clients, name, allow("*"), services=services)
