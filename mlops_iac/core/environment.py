"""The contract of an environment: what every blueprint exports, and what runs, clients and people read.

The stack's outputs are this record as plain JSON (``to_outputs``); ``Environment.from_outputs`` reads it back, from the
embedded engine's state or from ``pulumi stack output --json`` alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Self

STACK_TAG = "mlops-iac:stack"
"""Every resource of an environment, and everything a run creates, carries this tag with the stack's name."""


@dataclass(frozen=True, kw_only=True)
class Data:
    bucket: str
    zones: Mapping[str, str]
    """Zone name to key prefix, prefix ending in a slash: ``{"raw": "raw/", …}``."""
    key_arn: str
    """KMS key every object is written with."""


@dataclass(frozen=True, kw_only=True)
class Step:
    name: str
    kind: str
    """processing, training, gate, register or deploy."""


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    name: str
    target: str
    """The orchestrator: ``step-functions``."""
    arn: str
    framework: str
    framework_version: str
    code: str
    """The team's code folder, relative to the project's root."""
    code_prefix: str
    """Where packed code lies in the lake: ``code/``."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    """Step name to script file inside the code folder; all of them must exist before a run starts."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Defaults of the run's parameters; a run may override any of them, and no others."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    name: str
    flavour: str
    """serverless or realtime."""


@dataclass(frozen=True, kw_only=True)
class Registry:
    model_package_group: str
    repository_url: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """One entry of the service catalogue, by capability."""

    endpoint: str
    credentials: str
    """A reference (a role's ARN, a secret's ARN), never a value."""
    client: Mapping[str, str] = field(default_factory=dict)
    """Client profile: the environment variables a client needs."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    team: str
    environment: str
    blueprint: str
    region: str
    account_id: str
    data: Data
    pipelines: Mapping[str, Pipeline]
    endpoint: Endpoint | None = None
    registry: Registry | None = None
    services: Mapping[str, Service] = field(default_factory=dict)
    alerts_topic_arn: str | None = None
    dashboard: str | None = None

    @property
    def stack(self) -> str:
        return f"{self.team}-{self.environment}"

    def to_outputs(self) -> dict[str, Any]:
        """Plain JSON, in the order of the fields. Values may still be Pulumi Outputs when a blueprint calls this."""
        return {name: value for name, value in _plain(self).items() if value is not None}

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any]) -> Self:
        """Read a stack's outputs; keys that a later version added are ignored."""

        def known(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
            return {name: values[name] for name in (f.name for f in fields(kind)) if name in values}

        values = known(cls, outputs)
        values["data"] = Data(**known(Data, outputs["data"]))
        values["pipelines"] = {
            name: Pipeline(**{**known(Pipeline, p), "steps": tuple(Step(**known(Step, s)) for s in p.get("steps", ()))})
            for name, p in outputs.get("pipelines", {}).items()
        }
        for name, kind in (("endpoint", Endpoint), ("registry", Registry)):
            if values.get(name) is not None:
                values[name] = kind(**known(kind, values[name]))
        values["services"] = {k: Service(**known(Service, v)) for k, v in outputs.get("services", {}).items()}
        return cls(**values)


def in_field_order(outputs: Any) -> Any:
    """The same outputs with the keys of these records in the order of their fields, and any others behind, as they are.

    Engines keep outputs without an order, or sorted; people read who and where before what.
    """
    if isinstance(outputs, Mapping):
        names = sorted(outputs, key=lambda name: _RANKS.get(name, len(_RANKS)))
        return {name: in_field_order(outputs[name]) for name in names}
    return [in_field_order(item) for item in outputs] if isinstance(outputs, list) else outputs


_RECORDS = (Environment, Data, Pipeline, Step, Endpoint, Registry, Service)
_RANKS = {name: rank for rank, name in enumerate(dict.fromkeys(f.name for kind in _RECORDS for f in fields(kind)))}


def _plain(value: Any) -> Any:
    """Records as dictionaries. Unlike ``asdict`` this copies no leaf: a Pulumi Output refuses to be copied."""
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
