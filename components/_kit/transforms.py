"""The way out: change what a component makes, without forking the component: child by child, or by type over a stack.

A mapping is merged over a resource's properties; a callable may change the properties and the options in place. A
property that the resource's type does not have is refused, with the place of the transform.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.facts import known_types
from mlops_iac.core.suggestions import did_you_mean

Props = dict[str, Any]
Transform = Mapping[str, Any] | Callable[[Props, pulumi.ResourceOptions], None]
Transforms = Mapping[str, Transform]
"""Child key (the same words as the fields of ``nodes``) to its transform."""
TypeTransforms = Mapping[type[pulumi.Resource], Transform]
"""A resource's class to the transform of every resource of that type."""

_OURS = f"{Path(__file__).parents[2]}{os.sep}"
"""Where this package lies."""


@dataclass(frozen=True)
class Place:
    """Where a transform was written."""

    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class ByType:
    """A stack's transforms, by type token; each has the last word over what a component's own say."""

    given: Mapping[str, Transform]
    place: Place = Place()

    @classmethod
    def of(cls, transforms: TypeTransforms, place: Place) -> ByType:
        """Raises BlueprintError for a type that no component makes: its transform would never be heard."""
        known = known_types()
        tokens: dict[str, Transform] = {}
        for kind, transform in transforms.items():
            token = getattr(kind, "pulumi_type", None)
            if token not in known:
                what = f"`{token}`" if token else f"`{getattr(kind, '__name__', kind)}`, which is no resource's class"
                at = place_of(transform, place)
                raise BlueprintError(
                    "Unknown transform.",
                    f"No component makes a {what}.",
                    hint=did_you_mean(str(token or kind), known) or "name the class, as `pulumi_aws.s3.Bucket`.",
                    file=at.file,
                    line=at.line,
                )
            tokens[token] = transform
        return cls(tokens, place)

    def apply(self, kind: type[pulumi.Resource], props: Props, opts: pulumi.ResourceOptions) -> Props:
        transform = self.given.get(getattr(kind, "pulumi_type", ""))
        return props if transform is None else _applied(transform, kind, props, opts, self.place)


def check(transforms: Transforms, known: Iterable[str], component: str) -> None:
    """Refuse a key that is no child of the component."""
    known = sorted(known)
    for key, transform in transforms.items():
        if key not in known:
            at = place_of(transform, caller())
            raise BlueprintError(
                "Unknown transform.",
                f"`{component}` has no child `{key}`. Its children are {', '.join(f'`{k}`' for k in known)}.",
                hint=did_you_mean(key, known),
                file=at.file,
                line=at.line,
            )


def apply(
    transforms: Transforms, key: str, kind: type[pulumi.Resource], props: Props, opts: pulumi.ResourceOptions
) -> Props:
    """The properties after the caller's transform has spoken."""
    transform = transforms.get(key)
    return props if transform is None else _applied(transform, kind, props, opts, None)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Props:
    """Merge mappings key by key, however deep; anything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged


def caller() -> Place:
    """The nearest line that is not of this package: there the transforms were given."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return Place(_shown(frame.f_code.co_filename), frame.f_lineno)


def place_of(transform: Transform, otherwise: Place) -> Place:
    """A function says itself where it is."""
    code = getattr(inspect.unwrap(transform), "__code__", None) if callable(transform) else None
    return Place(_shown(code.co_filename), code.co_firstlineno) if code else otherwise


def _applied(
    transform: Transform, kind: type[pulumi.Resource], props: Props, opts: pulumi.ResourceOptions, place: Place | None
) -> Props:
    before = frozenset(props)
    if callable(transform):
        transform(props, opts)
    else:
        props = merge(props, transform)
    known = properties(kind)
    for name in sorted(props.keys() - before):
        if known and name not in known:
            at = place_of(transform, place or caller())
            raise BlueprintError(
                "Unknown property.",
                f"`{getattr(kind, 'pulumi_type', kind.__name__)}` has no property `{name}`.",
                hint=did_you_mean(name, known),
                file=at.file,
                line=at.line,
            )
    return props


def properties(kind: type[pulumi.Resource]) -> frozenset[str]:
    """What a resource's constructor takes; empty where it does not say."""
    parameters = inspect.signature(getattr(kind, "_internal_init", kind.__init__)).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return frozenset()
    names = [parameter.name for parameter in parameters if not parameter.name.startswith("__")]
    return frozenset(names) - {"self", "resource_name", "opts"}


def _shown(file: str) -> str:
    """From where the person is, when it lies below."""
    path = Path(file)
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else file
