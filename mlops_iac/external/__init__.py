"""Systems of the field that an environment uses and does not make, in one visible table: a file for each.

A team names them under `external:` in its stack file. Each has an entry in the environment's service catalogue, a
profile by which the vendor's own client finds it, and a check in `doctor`. Nothing here ever holds a secret: where one
is needed, the name of one in AWS Secrets Manager is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import (
    Discriminator,
    FieldSerializationInfo,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    PlainSerializer,
    WrapValidator,
)

from mlops_iac.core.plugins import Family
from mlops_iac.core.secret_values import WHOLE
from mlops_iac.external.azure_ml import AzureMl
from mlops_iac.external.databricks import Databricks
from mlops_iac.external.feast import Feast
from mlops_iac.external.grafana import Grafana
from mlops_iac.external.hopsworks import Hopsworks
from mlops_iac.external.kili import Kili
from mlops_iac.external.prometheus import Prometheus
from mlops_iac.external.scale import Scale
from mlops_iac.external.seldon import Seldon
from mlops_iac.external.snorkel import Snorkel
from mlops_iac.external.snowflake import Snowflake
from mlops_iac.external.statsig import Statsig
from mlops_iac.external.system import System, Text, Variable
from mlops_iac.external.tecton import Tecton
from mlops_iac.external.truera import Truera
from mlops_iac.external.vertex_ai import VertexAi
from mlops_iac.external.wandb import Wandb

__all__ = ["FAMILY", "SYSTEMS", "WHOLE", "AnySystem", "System", "Text", "Variable", "kind_of"]

SYSTEMS: tuple[type[System], ...] = (
    AzureMl,
    Databricks,
    Feast,
    Grafana,
    Hopsworks,
    Kili,
    Prometheus,
    Scale,
    Seldon,
    Snorkel,
    Snowflake,
    Statsig,
    Tecton,
    Truera,
    VertexAi,
    Wandb,
)


def kind_of(system: type[System]) -> str:
    """The word that a team writes for it."""
    from typing import get_args

    return str(get_args(system.model_fields["kind"].annotation)[0])


def _accept(name: str, system: Any) -> type[System]:
    if not (isinstance(system, type) and issubclass(system, System)):
        raise ValueError("is no subclass of `System`")
    if kind_of(system) != name:
        raise ValueError(f"is of kind `{kind_of(system)}`")
    return system


FAMILY = Family(
    noun="external system",
    group="mlops_iac.external",
    ours={kind_of(system): f"{system.__module__}:{system.__name__}" for system in SYSTEMS},
    accept=_accept,
    contract="`System` in mlops_iac.external",
)
"""Ours, and those of installed packages."""


def _read(value: Any, handler: ModelWrapValidatorHandler[System]) -> System:
    """A kind that a package brings is read by its own model."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind not in FAMILY.ours and (stranger := FAMILY.find(kind)):
        found: System = stranger.model_validate(value)
        return found
    return handler(value)


def _write(system: System, info: FieldSerializationInfo) -> dict[str, Any]:
    """By its own model, whoever brings it."""
    return system.model_dump(
        mode=info.mode,
        by_alias=info.by_alias,
        exclude_none=info.exclude_none,
        exclude_defaults=info.exclude_defaults,
        exclude_unset=info.exclude_unset,
    )


class _Schema:
    """For editors: the kinds that packages bring are known too."""

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema: dict[str, Any] = handler(core)
        added = [member.thing.model_json_schema() for member in FAMILY.strangers() if not member.problem]
        return {**schema, "oneOf": [*schema["oneOf"], *added]} if added else schema


if TYPE_CHECKING:
    AnySystem = System
else:
    AnySystem = Annotated[
        Union[SYSTEMS],  # noqa: UP007 - of the table
        Discriminator("kind"),
        WrapValidator(_read),
        PlainSerializer(_write),
        _Schema(),
    ]
