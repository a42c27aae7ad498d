"""``mlops-iac pipeline``: what a stack's pipelines are. Needs no cloud, and runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.from_notebook import from_notebook
from mlops_iac.cli.graph import GraphFormat
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption, StackArgument

if TYPE_CHECKING:
    from mlops_iac.pipelines.pipeline import Pipeline
    from mlops_iac.program import Program

app = make_group("The pipelines of a stack file: list, show, check, draw them; make one of a notebook.")


def complete_pipelines(context: typer.Context, incomplete: str) -> list[str]:
    """Shell completion of a stack's pipelines; quiet where the stack cannot be read."""
    from mlops_iac.core.errors import MlopsError

    try:
        return [
            one.name for one in _open(context.params.get("stack") or "").pipelines if one.name.startswith(incomplete)
        ]
    except (MlopsError, OSError):
        return []


PipelineArgument = Annotated[
    str | None, typer.Argument(metavar="[PIPELINE]", help="One of its pipelines.", autocompletion=complete_pipelines)
]


@app.command("list")
def list_all(stack: StackArgument, json: JsonOption = False) -> None:
    """List a stack's pipelines, and the file that says each.

    Example: mlops-iac pipeline list screening-dev
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.render.pipelines import summary

    program = _open(stack)
    if json:
        show_json(
            {
                "pipelines": [
                    {
                        "name": one.pipeline.name,
                        "file": one.file or None,
                        "steps": [step.name for step in one.pipeline.ordered],
                    }
                    for one in program.written
                ]
            }
        )
        return
    if not program.written:
        say(f"{stack} has no pipelines of steps. {program.why_no_pipelines}".rstrip())
        return
    show(
        "\n".join(
            summary([(one.pipeline, one.file or f"blueprint {program.blueprint.name}") for one in program.written])
        )
    )


@app.command("show")
def show_one(stack: StackArgument, pipeline: PipelineArgument = None, json: JsonOption = False) -> None:
    """Show a pipeline's parameters and steps: what each reads and makes, and how the orchestrator does it.

    Left out, PIPELINE is each of the stack's.

    Example: mlops-iac pipeline show screening-dev training
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.render.pipelines import details

    program = _open(stack)
    chosen = _chosen(program, pipeline)
    if json:
        show_json({"pipelines": [_to_json(program, one) for one in chosen]})
        return
    show("\n\n".join("\n".join(details(one, program.compile(one).target)) for one in chosen))


@app.command("check")
def check(stack: StackArgument, pipeline: PipelineArgument = None, json: JsonOption = False) -> None:
    """Check that the stack's orchestrator takes its pipelines, as a preview would.

    Exits with 2 when something is wrong; each mistake is told with its file and line.

    Example: mlops-iac pipeline check screening-dev
    """
    from mlops_iac.cli.console import say, show_json

    program = _open(stack)
    checked = [(one.name, program.compile(one)) for one in _chosen(program, pipeline)]
    if json:
        show_json({"pipelines": [{"name": name, "target": compiled.target} for name, compiled in checked]})
        return
    for name, compiled in checked:
        say(f"{name} is good for {compiled.target}.")


@app.command("graph")
def graph(
    stack: StackArgument,
    pipeline: PipelineArgument = None,
    format: Annotated[GraphFormat, typer.Option("--format", help="The language of the picture.")] = GraphFormat.MERMAID,
    json: JsonOption = False,
) -> None:
    """Draw a pipeline: its steps, and what each waits for. Left out, PIPELINE is the stack's first.

    Example: mlops-iac pipeline graph screening-dev training --format dot | dot -Tsvg > training.svg
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.render.pipelines import render_dot, render_mermaid

    chosen = _chosen(_open(stack), pipeline)[0]
    if json:
        edges = [{"from": need, "to": step.name} for step in chosen.ordered for need in chosen.needs(step)]
        show_json({"nodes": [{"name": step.name, "kind": step.kind} for step in chosen.ordered], "edges": edges})
        return
    show((render_mermaid if format is GraphFormat.MERMAID else render_dot)(chosen))


@app.command("kinds")
def kinds(json: JsonOption = False) -> None:
    """Show the kinds of steps, and how each orchestrator does them or why it cannot.

    Example: mlops-iac pipeline kinds
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.pipelines.capabilities import capabilities

    found = [*capabilities()]
    if json:
        show_json({"kinds": [one.to_json() for one in found]})
        return
    for one in found:
        show(f"{one.kind}: {one.about}")
        for target, answer in one.answers.items():
            show(f"  {target:<20} {'' if answer.runs else 'no: '}{answer.how}")


app.command("from-notebook")(from_notebook)


def _open(stack: str) -> Program:
    from mlops_iac.cli.environments import project_root
    from mlops_iac.program import load

    return load(project_root(), stack)


def _chosen(program: Program, name: str | None) -> tuple[Pipeline, ...]:
    """The pipeline of a name, or all; never none. Raises UsageError."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.core.suggestions import did_you_mean

    found = tuple(one for one in program.pipelines if name in (None, one.name))
    if found:
        return found
    names = [one.name for one in program.pipelines]
    if not names:
        detail = f"{program.stack} has none. {program.why_no_pipelines}".rstrip()
        raise UsageError("No such pipeline.", detail, hint=f"`mlops-iac preview {program.stack}` checks what it has.")
    detail = f"{program.stack} has no pipeline `{name}`; it has: {', '.join(names) or 'none'}."
    raise UsageError("No such pipeline.", detail, hint=did_you_mean(name or "", names))


def _to_json(program: Program, pipeline: Pipeline) -> dict[str, Any]:
    from mlops_iac.pipelines.definition import fields_of

    return {
        "name": pipeline.name,
        "target": program.compile(pipeline).target,
        "parameters": {one.name: fields_of(one) for one in pipeline.parameters},
        "steps": {step.name: {**fields_of(step), "waits_for": pipeline.needs(step)} for step in pipeline.ordered},
    }
