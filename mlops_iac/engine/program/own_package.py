"""The package ``pulumi``: what Pulumi's engine offers by itself, whatever the cloud. Here that is a stack reference."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.core.errors import NotEmulated
from mlops_iac.engine.handler import Handler, Package, Provider, Scope
from mlops_iac.engine.values.value import Props

NAME: Final = "pulumi"

HINT: Final = "of its own, the engine offers `pulumi.StackReference`; the rest is for Pulumi's own engine."


class WithOwnPackage:
    """A provider and the engine's own package."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def package(self, name: str) -> Package:
        """Raises `NotEmulated`, naming those there are."""
        return OWN if name == NAME else self._provider.package(name)


class OwnPackage:
    """It has no settings, makes nothing, and belongs to no place."""

    name: str = NAME
    identity: frozenset[str] = frozenset()

    def check_settings(self, settings: Props) -> None:
        """There are none."""

    def scope(self, stack: str, project: str, settings: Props) -> Scope:
        return Scope(stack=stack, project=project)

    def handler(self, type: str) -> Handler:
        """Raises `NotEmulated`: a stack reference is read by the engine, and needs none."""
        raise NotEmulated(type, hint=HINT)

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        raise NotEmulated(token, hint=HINT)


OWN: Final = OwnPackage()
