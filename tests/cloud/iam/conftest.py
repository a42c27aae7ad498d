"""Roles and clients that act in them, on an embedded cloud in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

ACCOUNT = "123456789012"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": on, **more}


def trusting(service: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, **more}


@pytest.fixture(scope="module")
def make_role(cloud) -> Callable[..., str]:
    """``make_role("reader", allow("s3:GetObject", on="…"))``: a role that SageMaker may assume; answers its ARN."""

    def make(name: str, *statements: dict[str, Any], service: str = "sagemaker.amazonaws.com", **more: Any) -> str:
        iam = cloud.clients()("iam")
        trust = document(trusting(service))
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
        return arn

    return make


@pytest.fixture(scope="module")
def act_as(cloud) -> Callable[..., Any]:
    """Clients that act in a role as a SageMaker job does."""

    def clients(role: str, service: str = "sagemaker.amazonaws.com", region: str = "eu-west-1") -> Any:
        return cloud.gateway.roles.clients(role, service, "SageMaker", region)

    return clients
