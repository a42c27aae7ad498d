"""The shape of what a checkpoint or an export says of a resource, checked before any of it is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final


def check_shape(fields: Any) -> None:
    """Raises ValueError that names the key whose value is of the wrong kind."""
    if not isinstance(fields, Mapping):
        raise ValueError(f"it is a {type(fields).__name__}, not an object")
    for key in ("urn", "type"):
        if not isinstance(fields.get(key), str):
            raise ValueError(f"`{key}` is missing or no text")
    for kind, keys in _KINDS.items():
        for key in keys:
            value = fields.get(key)
            if value is not None and not kind(value):
                raise ValueError(f"`{key}` is a {type(value).__name__} of the wrong form")


def check_deployment(latest: Mapping[str, Any]) -> None:
    """What holds the resources. Raises ValueError."""
    for key, kind in (
        ("resources", list),
        ("pending_operations", list),
        ("secrets_providers", dict),
        ("metadata", dict),
    ):
        if not isinstance(latest.get(key) or kind(), kind):
            raise ValueError(f"`{key}` is of the wrong form")
    state = (latest.get("secrets_providers") or {}).get("state") or {}
    if not isinstance(state, dict) or not isinstance(state.get("salt", ""), str):
        raise ValueError("`secrets_providers` is of the wrong form")
    for resource in latest.get("resources") or ():
        check_shape(resource)
    for operation in latest.get("pending_operations") or ():
        if not isinstance(operation, dict) or not isinstance(operation.get("type"), str):
            raise ValueError("`pending_operations` is of the wrong form")
        check_shape(operation.get("resource"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_lists(value: Any) -> bool:
    return isinstance(value, dict) and all(item is None or _is_texts(item) for item in value.values())


def _is_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, int | float) for item in value.values())


_KINDS: Final[Mapping[Callable[[Any], bool], tuple[str, ...]]] = {
    _is_text: ("id", "parent", "provider", "importID", "deletedWith", "created", "modified"),
    _is_bool: ("custom", "delete", "protect", "external", "pendingReplacement", "retainOnDelete"),
    _is_object: ("inputs", "outputs"),
    _is_texts: (
        "dependencies", "initErrors", "additionalSecretOutputs", "replaceWith", "ignoreChanges", "hideDiff",
        "replaceOnChanges",
    ),
    _is_lists: ("propertyDependencies", "resourceHooks"),
    _is_numbers: ("customTimeouts",),
}  # fmt: skip
