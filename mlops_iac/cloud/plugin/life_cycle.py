"""Requests of Pulumi's engine about a resource, as steps of its life cycle (`engine/life_cycle.py`); free of gRPC.

What is here is what that engine does otherwise than ours: the bookkeeping of the Terraform bridge in the inputs, a
question about differences, and imports, for which the plugin tells the inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mlops_iac.core import urns
from mlops_iac.engine.deciding.diff import as_replace, diff, top_level
from mlops_iac.engine.doing.refreshing import seen_now
from mlops_iac.engine.event import PropertyDiff
from mlops_iac.engine.handler import Created, Handler, Scope, Unfinished
from mlops_iac.engine.life_cycle import LifeCycle
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.values.value import Props, reveal

DEFAULTS = "__defaults"
"""Bookkeeping of the Terraform bridge, at every level of the inputs that it checked; handlers know nothing of it."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource, as a request of the engine names it."""

    urn: str
    handler: Handler
    scope: Scope

    @property
    def name(self) -> str:
        return urns.parse(self.urn).name

    @cached_property
    def life(self) -> LifeCycle:
        return LifeCycle(self.handler, self.scope)


@dataclass(frozen=True, kw_only=True)
class Difference:
    changes: Mapping[str, PropertyDiff]
    replaces: tuple[str, ...] = ()
    """The inputs that force a replacement."""
    delete_first: bool = False


def check(resource: Resource, old: Props, new: Props) -> dict[str, Any]:
    return resource.life.check(resource.name, plain(new), plain(old) or None)


def difference(resource: Resource, old: Props, new: Props, *, filled: frozenset[str] = frozenset()) -> Difference:
    """``filled`` are the inputs that the check, not the program, set: a replacement gets new ones.

    What the program ignores needs no thought here: the engine puts the old values back before it asks for a check.
    """
    before, after = plain(old), plain(new)
    changes = diff(before, after)
    if not changes:
        return Difference(changes={})
    forcing = resource.life.forcing(before, after, frozenset(map(top_level, changes)))
    fresh = resource.life.check(resource.name, {key: value for key, value in after.items() if key not in filled}, None)
    return Difference(
        changes=as_replace(changes, forcing),
        replaces=tuple(sorted(forcing)),
        delete_first=resource.handler.deletes_before_replace(reveal(before), reveal(fresh)),
    )


def create(resource: Resource, inputs: Props) -> Created:
    asked = plain(inputs)
    try:
        return _sealed(resource, asked, resource.life.create(asked))
    except Unfinished as error:
        error.made = _sealed(resource, asked, error.made)
        raise


def update(resource: Resource, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
    """Change it. An update that changes nothing is asked for where a create was not finished (``initErrors``)."""
    before, after = plain(old), plain(new)
    try:
        made = resource.life.update(id, before, after, plain(outputs), begun=not diff(before, after))
    except Unfinished as error:
        error.made = _sealed(resource, after, error.made)
        raise
    return _sealed(resource, after, made).outputs


def expected(resource: Resource, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
    """Outputs of an update in a preview."""
    before, after = plain(old), plain(new)
    changed = frozenset(map(top_level, diff(before, after)))
    return resource.life.seal(resource.life.expected(after, changed, plain(outputs)), after)


def read(resource: Resource, id: str, inputs: Props, outputs: Props) -> tuple[Created, dict[str, Any]] | None:
    """What the cloud has, and the inputs that say the same; None when it is gone.

    Without inputs it is an import, or a resource that is read and not owned: what was found tells them.
    """
    known, asked = plain(outputs), plain(inputs)
    found = resource.life.read(id, known)
    if found is None:
        return None
    fresh = _sealed(resource, asked or known, found)
    if not asked:
        return fresh, _inputs_of(resource, fresh.outputs)
    old = Record(urn=resource.urn, type=resource.handler.type, id=id, inputs=asked, outputs=known)
    now = seen_now(old, replace(old, id=fresh.id, outputs=fresh.outputs))
    return Created(now.id, now.outputs), now.inputs


def delete(resource: Resource, id: str, outputs: Props) -> None:
    resource.life.delete(id, plain(outputs))


def plain(values: Props) -> dict[str, Any]:
    """The values without the Terraform bridge's bookkeeping."""
    found: dict[str, Any] = _without_defaults(dict(values))
    return found


def _without_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_defaults(item) for key, item in value.items() if key != DEFAULTS}
    if isinstance(value, list):
        return [_without_defaults(item) for item in value]
    return value


def _inputs_of(resource: Resource, outputs: dict[str, Any]) -> dict[str, Any]:
    """The inputs that would make what was found: those outputs that the type takes as inputs, completed as a program's
    are. The region is said by the provider."""
    honours = getattr(resource.handler, "honours", None)
    said = {key: value for key, value in outputs.items() if honours and key != "id" and honours(key)}
    if said.get("region") == resource.scope.region:
        del said["region"]
    return check(resource, {}, said)


def _sealed(resource: Resource, inputs: Props, made: Created) -> Created:
    return Created(made.id, resource.life.seal(made.outputs, inputs))
