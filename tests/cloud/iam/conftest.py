"""Roles and clients that act in them, on an embedded cloud in this process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import roles


@pytest.fixture(scope="module")
def make_role(cloud) -> Callable[..., str]:
    """``make_role("reader", allow("s3:GetObject", on="…"))``: a role that SageMaker may assume; answers its ARN."""
    return functools.partial(roles.make_role, cloud.clients())


@pytest.fixture(scope="module")
def act_as(cloud) -> Callable[..., Any]:
    """Clients that act in a role as a SageMaker job does."""

    def clients(role: str, service: str = "sagemaker.amazonaws.com", region: str = "eu-west-1") -> Any:
        return cloud.gateway.roles.clients(role, service, "SageMaker", region)

    return clients
