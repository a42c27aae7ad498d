"""What other packages add to this one, by entry points: ``mlops_iac.blueprints`` and its like.

A package says so in its own pyproject.toml::

    [project.entry-points."mlops_iac.blueprints"]
    churn-nightly = "acme_mlops.churn:ChurnNightly"

Only installed packages are asked, never files of a project: a stranger's pull request cannot add code.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_iac.core.errors import BlueprintError


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One thing that a package offers. Nothing of the package is imported before `load`."""

    name: str
    address: str
    """``module:Class``."""
    distribution: str
    """What offers it: ``acme-mlops``."""
    version: str

    @property
    def package(self) -> str:
        """For people: ``acme-mlops 1.2``."""
        return f"{self.distribution} {self.version}"

    def load(self) -> Any:
        """The thing itself; `BlueprintError` names the package when it cannot be imported."""
        from importlib import import_module

        module, _, attribute = self.address.partition(":")
        try:
            return functools.reduce(getattr, filter(None, attribute.split(".")), import_module(module))
        except Exception as error:  # whatever a stranger's module raises
            raise BlueprintError(
                "A package cannot be loaded.",
                f"`{self.name}` of package {self.package} ({self.address}): {type(error).__name__}: {error}.",
                hint=f"mend or upgrade {self.distribution}, or uninstall it.",
            ) from error


def find_plugins(group: str, taken: Mapping[str, Any]) -> dict[str, Plugin]:
    """What installed packages offer in a group, by name.

    Raises BlueprintError when two packages offer one name, or one takes a name of ours.
    """
    from importlib.metadata import entry_points

    found: dict[str, Plugin] = {}
    for point in entry_points(group=group):
        assert point.dist is not None  # entry points of installed packages have one
        plugin = Plugin(name=point.name, address=point.value, distribution=point.dist.name, version=point.dist.version)
        other = "this package" if point.name in taken else getattr(found.get(point.name), "package", plugin.package)
        if other != plugin.package:
            raise BlueprintError(
                "Two packages offer one name.",
                f"`{point.name}` is offered by {plugin.package} and by {other}.",
                hint=f"uninstall one of them, or ask the authors of {plugin.distribution} for another name.",
            )
        found[point.name] = plugin
    return found
