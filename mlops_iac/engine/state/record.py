"""A resource in state: what is known about something that was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mlops_iac.core import urns
from mlops_iac.core.urns import ProviderReference
from mlops_iac.engine.program.goal import Goal
from mlops_iac.engine.program.moment import Moment
from mlops_iac.engine.program.needs import needs


@dataclass(frozen=True, kw_only=True)
class Record:
    """One resource of the checkpoint. Fields of a Pulumi checkpoint that we do not read are kept in ``extra``."""

    urn: str
    type: str
    custom: bool = True
    delete: bool = False
    """It has been replaced and waits to be deleted."""
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None
    protect: bool = False
    external: bool = False
    """It was read, not made: it is never deleted."""
    dependencies: tuple[str, ...] = ()
    init_errors: tuple[str, ...] = ()
    """Why its create was not finished; the next `up` updates it."""
    provider: str | None = None
    property_dependencies: Mapping[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    """It has been deleted to be replaced, and the replacement is not there yet."""
    additional_secret_outputs: tuple[str, ...] = ()
    retain_on_delete: bool = False
    custom_timeouts: Mapping[str, float] = field(default_factory=dict)
    """Operation to seconds."""
    deleted_with: str | None = None
    replace_with: tuple[str, ...] = ()
    replacement_trigger: Any = None
    ignore_changes: tuple[str, ...] = ()
    hide_diffs: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    hooks: Mapping[Moment, tuple[str, ...]] = field(default_factory=dict)
    import_id: str = ""
    created: str | None = None
    modified: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return urns.parse(self.urn).name

    @property
    def is_provider(self) -> bool:
        return self.type.startswith("pulumi:providers:")

    @property
    def is_default_provider(self) -> bool:
        return self.is_provider and self.name.startswith("default")

    @property
    def is_stack(self) -> bool:
        return self.type == urns.STACK_TYPE

    @property
    def provider_urn(self) -> str | None:
        return ProviderReference.parse(self.provider).urn if self.provider else None

    def needs(self) -> set[str]:
        return needs(self)


def now() -> str:
    """The time, as Pulumi writes it: RFC 3339 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record_of(
    goal: Goal, urn: str, *, inputs: dict[str, Any], provider: str | None, old: Record | None = None
) -> Record:
    """The record of a goal before anything was done: identity, inputs and options, and no outputs yet."""
    return Record(
        urn=urn,
        type=goal.type,
        custom=goal.custom,
        inputs=inputs,
        parent=goal.parent,
        protect=goal.protect,
        dependencies=goal.dependencies,
        provider=provider,
        property_dependencies=goal.property_dependencies,
        additional_secret_outputs=goal.additional_secret_outputs,
        retain_on_delete=goal.retain_on_delete,
        custom_timeouts=goal.timeouts,
        deleted_with=goal.deleted_with,
        replace_with=goal.replace_with,
        replacement_trigger=goal.replacement_trigger,
        ignore_changes=goal.ignore_changes,
        hide_diffs=goal.hide_diffs,
        replace_on_changes=goal.replace_on_changes,
        hooks=goal.hooks,
        import_id=goal.import_id,
        created=old.created if old else None,
        modified=old.modified if old else None,
        extra=dict(old.extra) if old else {},
    )
