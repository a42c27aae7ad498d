"""The embedded clouds by package: one file each. A new one is a file and a line in `PACKAGES`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.engine.handler import Package

if TYPE_CHECKING:
    from mlops_iac.clients import Clients

PACKAGES: Final = {"aws": "mlops_iac.cloud.packages.aws:AwsPackage"}
"""Name to class. Imported when the first of its types is met."""


def make_package(name: str, clients: Callable[[str], Clients] | None, **settings: Any) -> Package:
    """``clients`` makes the clients of a region; None where no cloud is running."""
    module, _, kind = PACKAGES[name].partition(":")
    made: Package = getattr(importlib.import_module(module), kind)(clients, **settings)
    return made
