"""``mlops-iac lineage``."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from mlops_iac.runs.lineage import Lineage, Node


class LineageFormat(StrEnum):
    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"


def lineage(
    stack: StackArgument,
    of: Annotated[
        str,
        typer.Argument(help="A version's number, or a run's id; `serving` is the model that serves.", metavar="OF"),
    ] = "serving",
    registry: Annotated[
        str | None, typer.Option("--registry", help="The registry of a version; needed where there are several.")
    ] = None,
    format: Annotated[
        LineageFormat, typer.Option("--format", help="Text, or the language of a picture.")
    ] = LineageFormat.TEXT,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show where a model comes from and where it went.

    Data and code, the run that took them, the version that it registered, the endpoints that serve it.

    Example: mlops-iac lineage screening-dev 3 --format dot | dot -Tsvg > lineage.svg
    """
    from mlops_iac.cli import console
    from mlops_iac.render.boxes import boxes_dot, boxes_mermaid
    from mlops_iac.runs.lineage import get_lineage

    opened = open_environment(stack, cloud, quick=True)
    found = get_lineage(opened.environment, opened.clients, of, registry=registry)
    if json:
        console.show_json(found.to_json())
        return
    boxes = {node.id: (node.kind, node.name, *told(node)) for node in found.nodes}
    if format is LineageFormat.TEXT:
        console.show(render_text(found, color=console.has_color(sys.stdout)))
    elif format is LineageFormat.MERMAID:
        console.show(boxes_mermaid(boxes, found.edges))
    else:
        console.show(boxes_dot(boxes, found.edges, title="lineage"))
    for sentence in found.unknown:
        console.say(sentence)


def render_text(found: Lineage, *, color: bool) -> str:
    """One line for each node; what was made of something stands below it, further in."""
    from mlops_iac.render.style import Style

    style, depths = Style(color), {"origin": 0, "data": 0, "code": 0, "run": 1, "model": 2, "endpoint": 3}
    lines = []
    for node in found.nodes:
        head = f"{'  ' * depths[node.kind]}{node.kind}"
        lines.append("  ".join([f"{head:<14}", style.paint(node.name, "bold"), *told(node)]))
    return "\n".join(lines)


def told(node: Node) -> list[str]:
    """What is said of a node beside its name, in one or two pieces."""
    from mlops_iac.cli.details_view import render_data
    from mlops_iac.cli.run_view import render_metrics
    from mlops_iac.runs.compare import DIRTY

    facts = node.facts
    if node.kind == "data":
        return [render_data(facts)]
    if node.kind == "code":
        commit, dirty = str(facts.get("commit", "")), facts.get("dirty")
        return [f"commit {commit[:12]}{DIRTY[dirty]}"] if commit else []
    if node.kind == "origin":
        return [f"run {facts['run']}  SHA-256 {str(facts['digest'])[:12]}"]
    if node.kind == "endpoint":
        return []
    state = facts["approval"] if node.kind == "model" else f"{facts['status']} {facts['pipeline']}"
    return [part for part in (state, render_metrics(facts["metrics"])) if part]
