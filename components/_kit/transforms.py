"""The way out: change what a component makes, child by child, without forking the component."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pulumi

from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.suggestions import did_you_mean

Props = dict[str, Any]
Transform = Mapping[str, Any] | Callable[[Props, pulumi.ResourceOptions], None]
"""A mapping is merged over the child's properties; a callable may change the properties and the options in place."""
Transforms = Mapping[str, Transform]
"""Child key (the same words as the fields of ``nodes``) to its transform."""


def check(transforms: Transforms, known: Iterable[str], component: str) -> None:
    """Refuse a key that is no child of the component."""
    known = sorted(known)
    for key in transforms:
        if key not in known:
            raise BlueprintError(
                "Unknown transform.",
                f"`{component}` has no child `{key}`. Its children are {', '.join(f'`{k}`' for k in known)}.",
                hint=did_you_mean(key, known),
            )


def apply(transforms: Transforms, key: str, props: Props, opts: pulumi.ResourceOptions) -> Props:
    """The properties after the caller's transform has spoken."""
    transform = transforms.get(key)
    if transform is None:
        return props
    if callable(transform):
        transform(props, opts)
        return props
    return merge(props, transform)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Props:
    """Merge mappings key by key, however deep; anything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged
