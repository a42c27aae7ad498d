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
    from mlops_iac.blueprints import all_blueprints

    return [name for name in all_blueprints() if name.startswith(incomplete)]


def options_models() -> dict[str, type[BaseModel]]:
    """Every blueprint's Options model, by the blueprint's name."""
    from mlops_iac.blueprints import all_blueprints, get_options_model

    return {name: get_options_model(name) for name in all_blueprints()}


@app.command("list")
def list_all(json: JsonOption = False) -> None:
    """List the blueprints, one line each.

    Example: mlops-iac blueprint list
    """
    from mlops_iac.blueprints import all_blueprints, get_blueprint
    from mlops_iac.cli.console import show, show_json

    sources = all_blueprints()
    found = [(get_blueprint(name), plugin.package if plugin else None) for name, plugin in sources.items()]
    if json:
        listed = [{"name": each.name, "summary": each.summary, "package": package} for each, package in found]
        show_json({"blueprints": listed})
        return
    width = max(map(len, sources))
    for each, package in found:
        show(f"{each.name:<{width}}  {each.summary}{f'  (from {package})' if package else ''}")


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
