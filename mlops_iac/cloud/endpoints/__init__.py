"""Endpoints that really serve."""

from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.jobs.host import FindFramework
from mlops_iac.core.frameworks import find_framework


def install(gateway: Gateway, find: FindFramework = find_framework) -> None:
    pass
