"""What the service does with handlers, free of gRPC: inputs completed, differences named, calls made.

Held to what `engine.planning` and `engine.calls` do, so that both engines leave the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mlops_iac.core import urns
from mlops_iac.engine.deciding.diff import as_replace, diff, top_level
from mlops_iac.engine.doing.calls import sealed
from mlops_iac.engine.doing.refreshing import seen_now
from mlops_iac.engine.doing.unfinished import finish
from mlops_iac.engine.event import PropertyDiff
from mlops_iac.engine.handler import Created, Handler, Scope, Unfinished
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.values.value import UNKNOWN, Props, conceal, conceal_copies, reveal

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


@dataclass(frozen=True, kw_only=True)
class Difference:
    changes: Mapping[str, PropertyDiff]
    replaces: tuple[str, ...] = ()
    """The inputs that force a replacement."""
    delete_first: bool = False


def check(resource: Resource, old: Props, new: Props) -> dict[str, Any]:
    """The inputs as they are stored: completed by the handler, secrets marked as they came."""
    asked = plain(new)
    known = reveal(plain(old)) or None
    checked = resource.handler.check(resource.scope, resource.name, known, reveal(asked))
    marked: dict[str, Any] = conceal({key: value for key, value in checked.items() if value is not None}, asked)
    return marked


def difference(resource: Resource, old: Props, new: Props, *, filled: frozenset[str] = frozenset()) -> Difference:
    """``filled`` are the inputs that the check, not the program, set: a replacement gets new ones.

    What the program ignores needs no thought here: the engine puts the old values back before it asks for a check.
    """
    before, after = plain(old), plain(new)
    changes = diff(before, after)
    if not changes:
        return Difference(changes={})
    handler, scope, was, will = resource.handler, resource.scope, reveal(before), reveal(after)
    changed = frozenset(map(top_level, changes))
    forcing = frozenset(handler.replaces(scope, was, will, changed)) & changed
    asked = {key: value for key, value in will.items() if key not in filled}
    fresh = handler.check(scope, resource.name, None, asked)
    return Difference(
        changes=as_replace(changes, forcing),
        replaces=tuple(sorted(forcing)),
        delete_first=handler.deletes_before_replace(was, fresh),
    )


def create(resource: Resource, inputs: Props) -> Created:
    asked = plain(inputs)
    try:
        made = resource.handler.create(resource.scope, reveal(asked))
    except Unfinished as error:
        error.made = Created(error.made.id, _sealed(resource, asked, error.made.outputs))
        raise
    return Created(made.id, _sealed(resource, asked, made.outputs))


def update(resource: Resource, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
    """Change it. An update that changes nothing is asked for where a create was not finished (``initErrors``)."""
    handler, scope = resource.handler, resource.scope
    before, after, known = reveal(plain(old)), reveal(plain(new)), reveal(plain(outputs))
    if diff(before, after):
        answered = handler.update(scope, id, before, after, known)
    else:
        try:
            answered = finish(handler, scope, Created(id, known), begun_with=before, inputs=after).outputs
        except Unfinished as error:
            error.made = Created(id, _sealed(resource, plain(new), error.made.outputs))
            raise
    return _sealed(resource, plain(new), answered)


def expected(resource: Resource, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
    """Outputs of an update in a preview: the old ones overlaid with the inputs that changed."""
    before, after, known = plain(old), plain(new), plain(outputs)
    changed = frozenset(map(top_level, diff(before, after)))
    kept = {key: value for key, value in known.items() if key not in changed}
    recomputes = getattr(resource.handler, "recomputes", None)
    unknown = dict.fromkeys(recomputes(changed), UNKNOWN) if recomputes else {}
    return _sealed(resource, after, {**kept, **{key: after[key] for key in changed & after.keys()}, **unknown})


def read(resource: Resource, id: str, inputs: Props, outputs: Props) -> tuple[Created, dict[str, Any]] | None:
    """What the cloud has, and the inputs that say the same; None when it is gone.

    Without inputs it is an import, or a resource that is read and not owned: what was found tells them.
    """
    known = plain(outputs)
    found = resource.handler.read(resource.scope, id, reveal(known))
    if found is None:
        return None
    asked = plain(inputs)
    fresh = _sealed(resource, asked or known, found.outputs)
    if not asked:
        return Created(found.id, fresh), _inputs_of(resource, fresh)
    old = Record(urn=resource.urn, type=resource.handler.type, id=id, inputs=asked, outputs=known)
    now = seen_now(old, replace(old, id=found.id, outputs=fresh))
    return Created(now.id, now.outputs), now.inputs


def delete(resource: Resource, id: str, outputs: Props) -> None:
    resource.handler.delete(resource.scope, id, reveal(plain(outputs)))


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


def _sealed(resource: Resource, inputs: dict[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    record = Record(urn=resource.urn, type=resource.handler.type, inputs=inputs)
    hidden: dict[str, Any] = conceal_copies(sealed(dict(outputs), record, resource.handler), inputs)
    return hidden
