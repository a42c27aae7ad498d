"""network: one network and one key for the environments of many teams."""

from __future__ import annotations

from mlops_iac.blueprints.network.blueprint import SharedNetwork
from mlops_iac.blueprints.network.options import NetworkOptions

__all__ = ["NetworkOptions", "SharedNetwork"]
