"""An environment as a picture: its resources by layer and what depends on what, in Mermaid or DOT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlops_iac.engine.event import Step
from mlops_iac.engine.layers import group_by_layer
from mlops_iac.render.boxes import node_ids, quoted
from mlops_iac.render.escape import dot, mermaid

Layers = Mapping[str, Sequence[Step]]


def render_mermaid(steps: Sequence[Step], *, resources: bool = False) -> str:
    """A Mermaid flowchart: a box a layer with an arrow for each dependency between layers; with ``resources`` every
    resource is drawn inside its layer. https://mermaid.js.org/syntax/flowchart.html"""
    layers = _layers(steps)
    ids = node_ids([*layers, *(step.name for step in _drawn(layers))])
    lines = ["flowchart LR"]
    for layer, members in layers.items():
        lines += _mermaid_layer(layer, members, ids, resources)
    lines += [f"  {ids[a]} --> {ids[b]}" for a, b in _edges(layers, resources)]
    return "\n".join(lines)


def render_dot(steps: Sequence[Step], *, resources: bool = False) -> str:
    """The same as a Graphviz digraph. https://graphviz.org/doc/info/lang.html"""
    layers = _layers(steps)
    lines = ["digraph environment {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for layer, members in layers.items():
        if resources:
            lines.append(f"  subgraph {quoted(f'cluster_{layer}')} {{ label={quoted(layer)};")
            lines += [f"    {quoted(step.name)};" for step in members if step.custom]
            lines.append("  }")
        else:
            label = f'"{dot(layer)}\\n{_count(members)}"'
            lines.append(f"  {quoted(layer)} [label={label}];")
    lines += [f"  {quoted(a)} -> {quoted(b)};" for a, b in _edges(layers, resources)]
    return "\n".join([*lines, "}"])


def _layers(steps: Sequence[Step]) -> Layers:
    """Layers and their resources by name: a state has them in the order in which they were done, another each time."""
    layers = group_by_layer(steps)
    return {layer: sorted(layers[layer], key=lambda step: step.name) for layer in sorted(layers)}


def dependencies(step: Step) -> Iterator[str]:
    """URNs a resource depends on, as its state records them."""
    state = step.new or step.old or {}
    yield from state.get("dependencies", ())


def _mermaid_layer(layer: str, members: Sequence[Step], ids: Mapping[str, str], resources: bool) -> list[str]:
    if not resources:
        return [f'  {ids[layer]}["{mermaid(layer)}<br/>{_count(members)}"]']
    nodes = [
        f'    {ids[step.name]}["{mermaid(step.name.removeprefix(f"{layer}-"))}"]' for step in members if step.custom
    ]
    return [f'  subgraph {ids[layer]}_layer["{mermaid(layer)}"]', *nodes, "  end"]


def _drawn(layers: Layers) -> Iterator[Step]:
    return (step for members in layers.values() for step in members if step.custom)


def _count(members: Sequence[Step]) -> str:
    count = sum(step.custom for step in members)
    return f"{count} resource{'' if count == 1 else 's'}"


def _edges(layers: Layers, resources: bool) -> list[tuple[str, str]]:
    """Pairs (needed, needs), sorted, without doubles and without edges inside one box."""
    box = {step.urn: (step.name if resources else layer) for layer, members in layers.items() for step in members}
    custom = {step.urn for step in _drawn(layers)}
    found = {
        (box[needed], box[step.urn])
        for members in layers.values()
        for step in members
        for needed in dependencies(step)
        if needed in box and (not resources or (needed in custom and step.urn in custom))
    }
    return sorted((a, b) for a, b in found if a != b)
