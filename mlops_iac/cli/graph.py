"""``mlops-iac graph``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import JsonOption, StackArgument


class GraphFormat(StrEnum):
    MERMAID = "mermaid"
    DOT = "dot"


def graph(
    stack: StackArgument,
    format: Annotated[GraphFormat, typer.Option("--format", help="The language of the picture.")] = GraphFormat.MERMAID,
    resources: Annotated[bool, typer.Option("--resources", help="Draw every resource, not only layers.")] = False,
    json: JsonOption = False,
) -> None:
    """Draw an environment: its layers and what depends on what. Nothing needs to be running.

    Example: mlops-iac graph screening-dev --format dot | dot -Tsvg > environment.svg
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.cli.operations import raise_if_stopped
    from mlops_iac.render.graph import dependencies, render_dot, render_mermaid

    result = open_backend(stack).preview()
    raise_if_stopped(result)
    if json:
        nodes = [{"urn": s.urn, "type": s.type, "parent": s.parent} for s in result.steps]
        edges = [{"from": needed, "to": s.urn} for s in result.steps for needed in dependencies(s)]
        show_json({"nodes": nodes, "edges": edges})
        return
    render = render_mermaid if format is GraphFormat.MERMAID else render_dot
    show(render(result.steps, resources=resources))
