"""Boxes and arrows between them as a picture, in Mermaid or DOT."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mlops_iac.render.escape import dot, mermaid

RESERVED = frozenset({"end", "graph", "subgraph", "flowchart", "style", "class", "click", "default", "direction"})
"""Words that Mermaid does not take for a node (https://mermaid.js.org/syntax/flowchart.html)."""


Boxes = Mapping[str, Sequence[str]]
"""Name to the lines inside it."""
Arrows = Sequence[tuple[str, str]]


def boxes_mermaid(boxes: Boxes, arrows: Arrows) -> str:
    """A Mermaid flowchart, from left to right. https://mermaid.js.org/syntax/flowchart.html"""
    ids = node_ids(boxes)
    drawn = [f'  {ids[name]}["{"<br/>".join(map(mermaid, lines))}"]' for name, lines in boxes.items()]
    return "\n".join(["flowchart LR", *drawn, *(f"  {ids[a]} --> {ids[b]}" for a, b in arrows)])


def boxes_dot(boxes: Boxes, arrows: Arrows, *, title: str) -> str:
    """The same as a Graphviz digraph. https://graphviz.org/doc/info/lang.html"""
    lines = [f"digraph {title} {{", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    lines += ['  {} [label="{}"];'.format(quoted(name), "\\n".join(map(dot, inside))) for name, inside in boxes.items()]
    return "\n".join([*lines, *(f"  {quoted(a)} -> {quoted(b)};" for a, b in arrows), "}"])


def node_ids(names: Iterable[str]) -> dict[str, str]:
    """Name to a Mermaid node id. Different names have different ids, also when only their punctuation differs."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name in ids:
            continue
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
        id = f"{plain}_" if plain.lower() in RESERVED or not plain else plain
        while id in taken:
            id += "_"
        ids[name] = id
        taken.add(id)
    return ids


def quoted(text: str) -> str:
    """A DOT id."""
    return f'"{dot(text)}"'
