"""Endpoints that really serve on the embedded cloud: a process per variant, with SageMaker's serving contract."""

from __future__ import annotations

from pathlib import Path

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.host import FindFramework, Host
from mlops_iac.core.frameworks import find_framework

__all__ = ["install", "model_server_folder"]


def model_server_folder() -> Path:
    """Where the scripts that run in a framework's environment lie."""
    return Path(__file__).parent


def install(gateway: Gateway, find: FindFramework = find_framework, idle: float = 300.0) -> None:
    """Take over the operations of endpoints. ``idle``: seconds after which a serverless endpoint's process ends."""
    from mlops_iac.cloud.endpoints import asynchronous, invocation
    from mlops_iac.cloud.endpoints.sagemaker_endpoint import Endpoints

    endpoints = Endpoints(Host(gateway, "endpoints", find), idle)
    endpoints.install()
    invocation.install(endpoints)
    asynchronous.install(endpoints)
