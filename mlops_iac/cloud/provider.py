"""The embedded cloud as the engine sees it: its packages, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlops_iac.clients import DEFAULT_ACCOUNT
from mlops_iac.cloud.packages import PACKAGES, make_package
from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Handler, Package, Scope, package_of
from mlops_iac.engine.values.value import Props

if TYPE_CHECKING:
    from mlops_iac.clients import Clients


class EmbeddedProvider:
    """Implements `engine.handler.Provider`. ``clients`` makes the clients of a region; None where no cloud runs."""

    def __init__(self, clients: Callable[[str], Clients] | None, account_id: str | None = DEFAULT_ACCOUNT) -> None:
        """``account_id`` None: whose account it is, is not known."""
        self._account_id = account_id
        self._clients = clients
        self._made: dict[str, Package] = {}

    def package(self, name: str) -> Package:
        if name not in self._made:
            if name not in PACKAGES:
                there = ", ".join(f"`{known}`" for known in PACKAGES)
                raise NotEmulated(name, hint=f"it offers {there}; the rest is for Pulumi's own engine.")
            self._made[name] = make_package(name, self._clients, account_id=self._account_id)
        return self._made[name]

    def handler(self, type: str) -> Handler:
        """Of any package. Raises `NotEmulated`."""
        return self.package(package_of(type)).handler(type)

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        return self.package(package_of(token)).invoke(scope, token, args)
