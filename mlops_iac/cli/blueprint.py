"""``mlops-iac blueprint``: what can be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption

if TYPE_CHECKING:
    from pydantic import BaseModel

    from mlops_iac.blueprints import Blueprint

app = make_group("The environments that can be had: list them, show one.")


def complete_blueprints(incomplete: str) -> list[str]:
    """Shell completion of blueprint names."""
    from mlops_iac.blueprints import FAMILY

    return [name for name in FAMILY.sources() if name.startswith(incomplete)]


def options_models() -> dict[str, type[BaseModel]]:
    """The Options model of every blueprint that can be used, by the blueprint's name."""
    from mlops_iac.blueprints import FAMILY

    return {member.name: member.thing.Options for member in FAMILY.members() if not member.problem}


@app.command("list")
def list_all(json: JsonOption = False) -> None:
    """List the blueprints, one line each.

    Example: mlops-iac blueprint list
    """
    from mlops_iac.blueprints import FAMILY
    from mlops_iac.cli.console import say, show, show_json

    members = [*FAMILY.members()]
    usable = [member for member in members if not member.problem]
    if json:
        listed = [{"name": one.name, "summary": one.thing.summary, "package": one.package} for one in usable]
        show_json({"blueprints": listed})
    else:
        width = max(len(one.name) for one in usable)
        for one in usable:
            show(f"{one.name:<{width}}  {one.thing.summary}{f'  (from {one.package})' if one.package else ''}")
    for problem in (one.problem for one in members if one.problem):
        say(f"note: {problem}")


@app.command("show")
def show_one(
    name: Annotated[str, typer.Argument(help="The blueprint.", autocompletion=complete_blueprints)],
    json: JsonOption = False,
) -> None:
    """Show a blueprint's layers, its options with their defaults, and its pipeline.

    Example: mlops-iac blueprint show tabular-batch
    """
    from mlops_iac.blueprints import get_blueprint
    from mlops_iac.cli.console import show, show_json

    description = describe(get_blueprint(name))
    if json:
        show_json(description)
    else:
        show(render_description(description))


def describe(blueprint: Blueprint) -> dict[str, Any]:
    """A blueprint as plain JSON: layers, options, pipelines."""
    return {
        "name": blueprint.name,
        "summary": blueprint.summary,
        "layers": [{"name": name, "summary": summary} for name, summary in map(_layer, blueprint.layers)],
        "options": _options(blueprint.Options),
        "pipelines": _pipelines(blueprint),
    }


def _layer(layer: str | tuple[str, str]) -> tuple[str, str]:
    return (layer, "") if isinstance(layer, str) else layer


def _options(model: type[BaseModel]) -> list[dict[str, Any]]:
    from mlops_iac.config.option_table import option_table

    return [row.to_json() for row in option_table(model)]


def _pipelines(blueprint: Blueprint) -> list[dict[str, Any]]:
    """The pipelines for the default options; none when an option has no default."""
    if any(field.is_required() for field in blueprint.Options.model_fields.values()):
        return []
    return [
        {
            "name": pipeline.name,
            "steps": [{"name": step.name, "kind": step.kind} for step in pipeline.ordered],
            "parameters": pipeline.defaults,
        }
        for pipeline in blueprint.pipelines(blueprint.Options())
    ]


def render_description(description: dict[str, Any]) -> str:
    """What `blueprint show` prints."""
    lines = [f"{description['name']}: {description['summary']}", "", "Layers"]
    width = max(len(layer["name"]) for layer in description["layers"])
    lines += [f"  {layer['name']:<{width}}  {layer['summary']}".rstrip() for layer in description["layers"]]
    for pipeline in description["pipelines"]:
        lines += ["", f"Pipeline {pipeline['name']}", f"  {' → '.join(step['name'] for step in pipeline['steps'])}"]
    lines += ["", "Options, under `mlops-iac:options:`"]
    for option in description["options"]:
        lines += _option_lines(option)
    return "\n".join([*lines, "", f"Next: mlops-iac new --blueprint {description['name']}"])


def _option_lines(option: dict[str, Any]) -> list[str]:
    import json

    head = f"  {option['path']}"
    if option["required"]:
        head += "  (required)"
    elif "default" in option:
        default = option["default"]
        text = "left out" if default is None else default if isinstance(default, str) else json.dumps(default)
        head += f" = {text or json.dumps(text)}"
    about = " ".join(filter(None, (option["description"], f"[{option['allowed']}]" if option["allowed"] else "")))
    return [head, f"      {about}"] if about else [head]
