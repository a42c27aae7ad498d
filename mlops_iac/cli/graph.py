"""``mlops-iac graph``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_backend, open_desk
from mlops_iac.cli.options import JsonOption
from mlops_iac.cli.selected import SelectedStackArgument

if TYPE_CHECKING:
    from mlops_iac.engine.event import Step


class GraphFormat(StrEnum):
    MERMAID = "mermaid"
    DOT = "dot"


def graph(
    stack: SelectedStackArgument,
    format: Annotated[GraphFormat, typer.Option("--format", help="The language of the picture.")] = GraphFormat.MERMAID,
    resources: Annotated[bool, typer.Option("--resources", help="Draw every resource, not only layers.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Draw what the stack file says now, not what is deployed.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Draw an environment: its layers and what depends on what. Nothing needs to be running.

    What is deployed is drawn as its state records it; what is not, as the stack file says.

    Example: mlops-iac graph screening-dev --format dot | dot -Tsvg > environment.svg
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.render.graph import dependencies, render_dot, render_mermaid

    steps = (() if preview else read_steps(stack)) or foresee_steps(stack)
    if json:
        nodes = [{"urn": s.urn, "type": s.type, "parent": s.parent} for s in steps]
        edges = [{"from": needed, "to": s.urn} for s in steps for needed in dependencies(s)]
        show_json({"nodes": nodes, "edges": edges})
        return
    render = render_mermaid if format is GraphFormat.MERMAID else render_dot
    show(render(steps, resources=resources))


def read_steps(stack: str) -> Sequence[Step]:
    """What is deployed, as steps that change nothing; empty when there is no such stack."""
    from mlops_iac.engine.event import Op, Step

    return [
        Step(
            op=Op.SAME,
            urn=record.urn,
            type=record.type,
            name=record.name,
            parent=record.parent,
            custom=record.custom,
            new={"dependencies": record.dependencies},
        )
        for record in open_desk().store.find(stack) or ()
        if not record.delete
    ]


def foresee_steps(stack: str) -> Sequence[Step]:
    """What would be there after an `up`."""
    from mlops_iac.cli.operations import raise_if_stopped
    from mlops_iac.engine.event import Op

    result = open_backend(stack).preview()
    raise_if_stopped(result)
    return [step for step in result.steps if step.op not in (Op.DELETE, Op.DELETE_REPLACED)]
