"""What the program asked for: one registration, free of Pulumi's wire types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_iac.core import urns
from mlops_iac.engine.program.moment import Moment
from mlops_iac.engine.program.needs import needs


@dataclass(frozen=True, kw_only=True)
class AliasSpec:
    """Another identity the resource may have had. What is None is as it is now."""

    urn: str | None = None
    """The whole former URN; the other fields are then not read."""
    name: str | None = None
    type: str | None = None
    stack: str | None = None
    project: str | None = None
    parent: str | None = None
    no_parent: bool = False


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A resource as the program wants it."""

    type: str
    name: str
    custom: bool = True
    inputs: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    dependencies: tuple[str, ...] = ()
    property_dependencies: Mapping[str, list[str]] = field(default_factory=dict)
    provider: str | None = None
    """``<urn>::<id>`` of an explicit provider; None for the default one."""
    version: str = ""
    """Version of the provider's package: ``7.51.1``."""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool | None = None
    """None: the handler decides."""
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[AliasSpec, ...] = ()
    timeouts: Mapping[str, float] = field(default_factory=dict)
    """``create``, ``update``, ``delete``, ``read`` to seconds."""
    deleted_with: str | None = None
    """URN of a resource whose deletion takes this one with it: no call of its own is then made."""
    replace_with: tuple[str, ...] = ()
    """URNs: when one of them is replaced, this one is replaced too."""
    replacement_trigger: Any = None
    """A value whose change means a replacement."""
    hide_diffs: tuple[str, ...] = ()
    """Paths of inputs whose differences are not shown."""
    import_id: str = ""
    """The resource exists under this id, and is taken over."""
    hooks: Mapping[Moment, tuple[str, ...]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    """Names of options that were used and are not honoured here."""

    @property
    def package(self) -> str:
        return self.type.split(":", 1)[0]

    @property
    def is_provider(self) -> bool:
        return self.type.startswith("pulumi:providers:")

    @property
    def is_stack(self) -> bool:
        return self.type == urns.STACK_TYPE

    def needs(self) -> set[str]:
        return needs(self)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the program is told about a resource it registered or read."""

    urn: str
    id: str = ""
    """Empty when not known yet."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    failed: bool = False
    """The resource, or something it stands on, failed: the program goes on without its outputs."""
