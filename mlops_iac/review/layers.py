"""Changed resources by layer, as a list in Markdown. What changes alike in many of them is told once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mlops_iac.render.escape import code_span, markdown
from mlops_iac.review.review import LayerChange, PropertyChange, ResourceChange

MOST_RESOURCES = 12
"""Of a layer, shown one by one."""
MOST_NAMED = 40
"""Of a layer that is made or deleted as a whole."""
MOST_PROPERTIES = 12
"""Of a resource."""
MANY = 5
"""Resources in which a property changes alike, before it is told once for all of them."""

_WHOLE = ("create", "delete")


@dataclass(frozen=True, kw_only=True)
class Listed:
    lines: tuple[str, ...]
    is_cut: bool
    """Whether something of the changes is only counted."""


def list_layers(layers: Sequence[LayerChange]) -> Listed:
    alike = _alike(layers)
    lines = [
        f"- in {count} resources alike: {code_span(change.path)}: {code_span(change.told)}"
        for change, count in alike.items()
    ]
    is_cut = False
    for layer in layers:
        own = [one for one in (_without(resource, alike) for resource in layer.resources) if one is not None]
        most = MOST_NAMED if _as_a_whole(own) else MOST_RESOURCES
        is_cut |= len(own) > most or any(len(one.properties) > MOST_PROPERTIES for one in own)
        lines += _layer(layer.layer, own)
    return Listed(lines=tuple(lines), is_cut=is_cut)


def _alike(layers: Sequence[LayerChange]) -> dict[PropertyChange, int]:
    counts = Counter(change for layer in layers for one in layer.resources for change in one.properties)
    return {change: count for change, count in counts.items() if count >= MANY and not change.forces}


def _without(resource: ResourceChange, alike: dict[PropertyChange, int]) -> ResourceChange | None:
    """What is left to tell of a resource; None when that is nothing."""
    left = tuple(change for change in resource.properties if change not in alike)
    return None if resource.properties and not left else replace(resource, properties=left)


def _as_a_whole(resources: Sequence[ResourceChange]) -> str:
    """What is done to all of a layer, which is then no list of its own; empty where they differ."""
    ops = {one.op for one in resources}
    return ops.pop() if len(resources) > 1 and len(ops) == 1 and ops <= set(_WHOLE) else ""


def _layer(name: str, resources: Sequence[ResourceChange]) -> Iterator[str]:
    if op := _as_a_whole(resources):
        names = ", ".join(code_span(one.name) for one in resources[:MOST_NAMED])
        more = len(resources) - MOST_NAMED
        what = f"**{len(resources)} to delete**" if op == "delete" else f"{len(resources)} to create"
        yield f"- {code_span(name)}: {what}: {names}{f' and {more} more' * (more > 0)}"
        return
    if resources:
        yield f"- {code_span(name)}"
    for one in resources[:MOST_RESOURCES]:
        yield from _resource(one)
    if len(resources) > MOST_RESOURCES:
        yield f"  - and {len(resources) - MOST_RESOURCES} more"


def _resource(one: ResourceChange) -> Iterator[str]:
    op = f"**{one.op}**" if one.op in ("replace", "delete") else one.op
    yield f"  - {op} {code_span(one.name)} ({markdown(one.type)})"
    for change in one.properties[:MOST_PROPERTIES]:
        forces = " **forces the replacement**" if change.forces else ""
        yield f"    - {code_span(change.path)}: {code_span(change.told)}{forces}"
    if len(one.properties) > MOST_PROPERTIES:
        yield f"    - and {len(one.properties) - MOST_PROPERTIES} more properties"
