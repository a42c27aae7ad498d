"""Default tags and ignored tags of the provider, for every type that takes tags; handlers know nothing of them.

As in AWS's provider ``tags`` is what the program says of a resource, and ``tagsAll`` what the resource carries; ours is
among the inputs only where the provider's settings say something of tags, so that a change of these is an update.
Source: pulumi/pulumi-aws, ``provider/tags.go``; hashicorp/terraform-provider-aws, ``internal/tags/key_value_tags.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_iac.engine.handler import Created, Handler, Scope, Unfinished
from mlops_iac.engine.values.value import UNKNOWN, Props, has_unknown

ALL = "tagsAll"


def takes_tags(handler: Handler) -> bool:
    honours = getattr(handler, "honours", None)
    return bool(honours and honours("tags"))


class Tagged:
    """A handler, given the tags that a resource is to carry, and shown with those that the program gave it."""

    always_said = frozenset({ALL})
    """Inputs that AWS's provider fills in and keeps, unlike its other defaults."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.type = handler.type

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handler, name)

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        known = None if old is None else _without(old)
        checked = self._handler.check(scope, name, known, _without(new))
        if scope.settings:
            carried = merged(scope.settings, checked.get("tags"))
            if carried is UNKNOWN or carried:
                checked[ALL] = carried
        return checked

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return self._handler.replaces(scope, _given(old), _given(new), changed - {ALL})

    def moves(self, was: Props, will: Props) -> bool:
        return self._handler.moves(was, will)

    def deletes_before_replace(self, old: Props, new: Props, *, moved: bool = False) -> bool:
        return self._handler.deletes_before_replace(_given(old), _given(new), moved=moved)

    @staticmethod
    def as_asked(inputs: Props) -> dict[str, Any]:
        """AWS's provider keeps ``tagsAll`` among the inputs even when its settings say nothing of tags."""
        return _without(inputs) if inputs.get(ALL) == (inputs.get("tags") or {}) else dict(inputs)

    def secrets(self) -> frozenset[str]:
        return self._handler.secrets()

    def begun(self, inputs: Props) -> Props:
        says = getattr(self._handler, "begun", None)
        if says is None:
            return inputs
        begun = dict(says(_given(inputs)))
        if ALL not in inputs:
            return begun
        later = begun.get("tags") is UNKNOWN
        return {**begun, "tags": UNKNOWN if later else inputs.get("tags"), ALL: UNKNOWN if later else inputs[ALL]}

    def create(self, scope: Scope, inputs: Props) -> Created:
        try:
            made = self._handler.create(scope, _given(inputs))
        except Unfinished as error:
            error.made = Created(error.made.id, _shown(error.made.outputs, inputs))
            raise
        return Created(made.id, _shown(made.outputs, inputs))

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        known = {**outputs, "tags": outputs[ALL]} if outputs.get(ALL) and ALL in old else outputs
        return _shown(self._handler.update(scope, id, _given(old), _given(new), known), new)

    def read(self, scope: Scope, id: str, outputs: Props) -> Created | None:
        return self._seen(scope, self._handler.read(scope, id, outputs), outputs)

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        return self._seen(scope, self._handler.find(scope, _given(inputs)), inputs)

    def delete(self, scope: Scope, id: str, outputs: Props) -> None:
        self._handler.delete(scope, id, outputs)

    @staticmethod
    def _seen(scope: Scope, found: Created | None, known: Props) -> Created | None:
        """What the cloud says: in ``tags`` those of the provider only where the program gives them as well."""
        if found is None or not scope.settings:
            return found
        carried = _kept(scope.settings, found.outputs.get(ALL) or found.outputs.get("tags") or {})
        defaults = scope.settings.get("default_tags", {})
        own = known.get("tags") or {}
        tags = {key: value for key, value in carried.items() if key in own or _differs(defaults, key, value)}
        outputs = {**found.outputs, "tags": tags, ALL: carried}
        if not tags and "tags" not in known:
            del outputs["tags"]
        return Created(found.id, outputs)


def merged(settings: Mapping[str, Any], tags: Any) -> Any:
    """The tags that a resource carries: the provider's, under its own, without those that are ignored."""
    defaults = settings.get("default_tags", {})
    if defaults is UNKNOWN or has_unknown(tags):
        return UNKNOWN
    return _kept(settings, {**defaults, **(tags or {})})


def _kept(settings: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, str]:
    keys, prefixes = settings.get("ignored_keys") or (), tuple(settings.get("ignored_prefixes") or ())
    return {key: value for key, value in tags.items() if key not in keys and not key.startswith(prefixes or ("\0",))}


def _differs(defaults: Any, key: str, value: str) -> bool:
    return not isinstance(defaults, Mapping) or defaults.get(key) != value


def _without(inputs: Props) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != ALL}


def _given(inputs: Props) -> Props:
    """The inputs as the handler is to carry them out."""
    return {**_without(inputs), "tags": inputs[ALL]} if ALL in inputs else inputs


def _shown(outputs: Props, inputs: Props) -> dict[str, Any]:
    """The outputs as the program knows its resource."""
    if ALL not in inputs:
        return dict(outputs)
    shown = {key: value for key, value in outputs.items() if key != "tags"}
    return {**shown, **({"tags": inputs["tags"]} if "tags" in inputs else {}), ALL: inputs[ALL]}
