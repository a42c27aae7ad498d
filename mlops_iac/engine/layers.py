"""The layer of a resource: the top-level component that holds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mlops_iac.core import urns
from mlops_iac.engine.event import Step


def layer_of(step: Step, types: Mapping[str, str]) -> str:
    """The name of the top-level component that holds a resource, or the resource's own when it stands alone.

    ``types`` maps the URN of every step to its parent's URN.
    """
    urn = step.urn
    while True:
        parent = types.get(urn)
        if not parent or urns.parse(parent).is_stack:
            return urns.parse(urn).name
        urn = parent


def group_by_layer(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """Steps by layer, in the order in which layers appear; the stack itself and default providers are left out."""
    parents = {step.urn: step.parent or "" for step in steps}
    layers: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        if step.type != urns.STACK_TYPE and not step.type.startswith("pulumi:providers:"):
            layers[layer_of(step, parents)].append(step)
    return dict(layers)
