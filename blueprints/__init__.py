"""The blueprints, in one visible table. Nothing here loads Pulumi: that happens when a blueprint is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mlops_iac.components._kit.site import Site
    from mlops_iac.config.stack_config import StackConfig
    from mlops_iac.core.environment import Environment
    from mlops_iac.pipelines.pipeline import Pipeline

BLUEPRINTS: Mapping[str, str] = {
    "tabular-batch": "mlops_iac.blueprints.tabular_batch:TabularBatch",
}
"""Name to ``module:Class``, sorted. To add a blueprint, add its folder and one line."""


class Blueprint(Protocol):
    """What every blueprint offers."""

    name: str
    summary: str
    """One line, for `blueprint list`."""
    Options: type[BaseModel]
    """What a team may write under `options:`; every field has a default and a description."""
    layers: Sequence[str]
    """The layers it builds, in order."""

    def pipelines(self, options: Any) -> Sequence[Pipeline]:
        """Its pipelines for these options. Pure."""

    def build(self, site: Site, stack: StackConfig, options: Any) -> Environment:
        """Make the environment's resources, inside a Pulumi program."""


def find_blueprint(name: str) -> Blueprint | None:
    """The blueprint, or None when there is none of this name."""
    address = BLUEPRINTS.get(name)
    if address is None:
        return None
    module, _, kind = address.partition(":")
    blueprint: Blueprint = getattr(import_module(module), kind)()
    return blueprint


def get_blueprint(name: str) -> Blueprint:
    """The blueprint; raises BlueprintError with the nearest name."""
    blueprint = find_blueprint(name)
    if blueprint is None:
        raise BlueprintError(
            "Unknown blueprint.",
            f"There is no blueprint `{name}`; there are: {', '.join(sorted(BLUEPRINTS))}.",
            hint=f"{did_you_mean(name, BLUEPRINTS)} `mlops-iac blueprint list` shows them all.",
        )
    return blueprint


def get_options_model(name: str) -> type[BaseModel]:
    """What `options:` may hold for a blueprint; raises BlueprintError when there is no such blueprint."""
    return get_blueprint(name).Options
