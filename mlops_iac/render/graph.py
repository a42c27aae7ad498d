"""An environment as a picture: its resources by layer and what depends on what, in Mermaid or DOT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops_iac.engine.event import Step
from mlops_iac.render.steps import group_by_layer


def render_mermaid(steps: Sequence[Step], *, resources: bool = False) -> str:
    """A Mermaid flowchart: a box a layer with an arrow for each dependency between layers; with ``resources`` every
    resource is drawn inside its layer. https://mermaid.js.org/syntax/flowchart.html"""
    layers = group_by_layer(steps)
    lines = ["flowchart LR"]
    for layer, members in layers.items():
        lines += _mermaid_layer(layer, members, resources)
    lines += [f"  {_id(a)} --> {_id(b)}" for a, b in _edges(layers, resources)]
    return "\n".join(lines)


def render_dot(steps: Sequence[Step], *, resources: bool = False) -> str:
    """The same as a Graphviz digraph. https://graphviz.org/doc/info/lang.html"""
    layers = group_by_layer(steps)
    lines = ["digraph environment {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for layer, members in layers.items():
        if resources:
            lines.append(f'  subgraph "cluster_{layer}" {{ label="{layer}";')
            lines += [f'    "{step.name}";' for step in members if step.custom]
            lines.append("  }")
        else:
            lines.append(f'  "{layer}" [label="{layer}\\n{_count(members)}"];')
    lines += [f'  "{a}" -> "{b}";' for a, b in _edges(layers, resources)]
    return "\n".join([*lines, "}"])


def _mermaid_layer(layer: str, members: Sequence[Step], resources: bool) -> list[str]:
    if not resources:
        return [f'  {_id(layer)}["{layer}<br/>{_count(members)}"]']
    nodes = [f'    {_id(step.name)}["{step.name.removeprefix(layer + "-")}"]' for step in members if step.custom]
    return [f'  subgraph {_id(layer)}_layer["{layer}"]', *nodes, "  end"]


def _count(members: Sequence[Step]) -> str:
    count = sum(step.custom for step in members)
    return f"{count} resource{'' if count == 1 else 's'}"


def _edges(layers: dict[str, list[Step]], resources: bool) -> list[tuple[str, str]]:
    """Pairs (needed, needs), sorted, without doubles and without edges inside one box."""
    box = {step.urn: (step.name if resources else layer) for layer, members in layers.items() for step in members}
    custom = {step.urn for members in layers.values() for step in members if step.custom}
    found = {
        (box[needed], box[step.urn])
        for members in layers.values()
        for step in members
        for needed in dependencies(step)
        if needed in box and (not resources or (needed in custom and step.urn in custom))
    }
    return sorted((a, b) for a, b in found if a != b)


def dependencies(step: Step) -> Iterator[str]:
    """URNs a resource depends on, as its state records them."""
    state = step.new or step.old or {}
    yield from state.get("dependencies", ())


def _id(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)
