"""``mlops-iac blueprint``: what can be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """List the blueprints: what each is, where it runs, what it costs when nobody uses it.

    Example: mlops-iac blueprint list
    """
    from mlops_iac.blueprints import BLUEPRINTS, FAMILY, get_blueprint
    from mlops_iac.blueprints.catalogue import read_catalogue
    from mlops_iac.cli.console import say, show, show_json

    known, strangers = read_catalogue(), [*FAMILY.strangers()]
    ours = (summary_of(name, known[name]) if name in known else summarize(get_blueprint(name)) for name in BLUEPRINTS)
    told = [{**one, "package": None} for one in ours]
    told += [{**summarize(one.thing), "package": one.package} for one in strangers if not one.problem]
    told.sort(key=lambda one: one["name"])
    if json:
        show_json({"blueprints": told})
    else:
        width = max(len(one["name"]) for one in told)
        for one in told:
            package = f"  (from {one['package']})" if one["package"] else ""
            show(f"{one['name']:<{width}}  {one['summary']}{package}")
            if running := where_it_runs(one):
                show(f"{'':<{width}}  {running}")
    for problem in (one.problem for one in strangers if one.problem):
        say(f"note: {problem}")


@app.command("show")
def show_one(
    name: Annotated[str, typer.Argument(help="The blueprint.", autocompletion=complete_blueprints)],
    option: Annotated[
        str | None, typer.Argument(help="An option, to be told all about it: serving. `all`: every one of them.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show a blueprint: what it is for, its layers, its pipeline, what it costs idle, its options with their defaults.

    Example: mlops-iac blueprint show tabular-batch serving
    """
    from mlops_iac.blueprints import get_blueprint
    from mlops_iac.cli.console import show, show_json

    description = describe(get_blueprint(name))
    if option not in (None, "all"):
        description["options"] = find_options(description, option or "")
    if json:
        show_json(description)
    elif option is None:
        show(render_description(description))
    else:
        show(render_options(description["options"]))


def summarize(blueprint: Blueprint) -> dict[str, Any]:
    """A blueprint in a line, as plain JSON. Its cost is null where nobody worked it out: of a package's."""
    from mlops_iac.blueprints import about
    from mlops_iac.blueprints.catalogue import read_catalogue

    priced = read_catalogue().get(blueprint.name)
    known = {"summary": blueprint.summary, **about(blueprint)._asdict(), **(priced or {})}
    return summary_of(blueprint.name, known)


def summary_of(name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The same from what the catalogue knows, which loads no blueprint."""
    return {
        "name": name,
        **{key: known[key] for key in ("summary", "use_for", "not_for", "orchestrator", "compute")},
        "example": known["example"] or None,
        "first_model_seconds": known.get("first_model_seconds"),
        "idle_usd_a_month": known.get("idle"),
        "sandbox_idle_usd_a_month": known.get("sandbox"),
    }


def where_it_runs(summary: dict[str, Any]) -> str:
    """``Step Functions; Batch queues; first model here in 20 s; idle, about 4 $ a month``; what is not known is left
    out."""
    from mlops_iac.blueprints.catalogue import idle_words

    idle, sandbox = summary["idle_usd_a_month"], summary["sandbox_idle_usd_a_month"]
    cost = f"idle, {idle_words({'idle': idle, 'sandbox': sandbox})}" if idle else ""
    seconds = summary["first_model_seconds"]
    first = f"first model here in {seconds} s" if seconds else ""
    return "; ".join(filter(None, (summary["orchestrator"], summary["compute"], first, cost)))


def describe(blueprint: Blueprint) -> dict[str, Any]:
    """A blueprint as plain JSON: what it is for, layers, options, pipelines, what makes up its cost when idle."""
    from mlops_iac.blueprints.catalogue import read_catalogue
    from mlops_iac.config.migrations import latest_version

    return {
        **summarize(blueprint),
        "version": latest_version(blueprint.Options),
        "layers": [{"name": name, "summary": summary} for name, summary in map(_layer, blueprint.layers)],
        "options": _options(blueprint.Options),
        "pipelines": _pipelines(blueprint),
        "idle_items": read_catalogue().get(blueprint.name, {}).get("items", []),
    }


def find_options(description: dict[str, Any], wanted: str) -> list[dict[str, Any]]:
    """The rows at and below a path. UsageError when there are none."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.core.suggestions import did_you_mean

    found = [
        row for row in description["options"]
        if row["path"] == wanted or row["path"].startswith((f"{wanted}.", f"{wanted}("))
    ]  # fmt: skip
    if not found:
        known = [*_grouped(description["options"])]
        hint = did_you_mean(wanted, known) or f"`mlops-iac blueprint show {description['name']}` lists them."
        raise UsageError("No such option.", f"`{description['name']}` has no option `{wanted}`.", hint=hint)
    return found


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
    """What `blueprint show NAME` prints: options by their first word, in a line each."""
    name = description["name"]
    called = f"{name} {description['version']}" if description["version"] > 1 else name
    lines = [f"{called}: {description['summary']}", "", *_facts(description), "", "Layers"]
    width = max(len(layer["name"]) for layer in description["layers"])
    lines += [f"  {layer['name']:<{width}}  {layer['summary']}".rstrip() for layer in description["layers"]]
    for pipeline in description["pipelines"]:
        lines += ["", f"Pipeline {pipeline['name']}", f"  {' → '.join(step['name'] for step in pipeline['steps'])}"]
    if items := description["idle_items"]:
        lines += ["", "Idle, dollars a month; `mlops-iac cost STACK` says it of yours"]
        lines += [f"  {item['usual']:>6.2f}  {item['layer']}: {item['what']}" for item in items]
        lines += [f"  {description['sandbox_idle_usd_a_month']['usual']:>6.2f}  all in all under `security: sandbox`"]
    lines += ["", f"Options, under `mlops-iac:options:`; `mlops-iac blueprint show {name} OPTION` explains one"]
    grouped = _grouped(description["options"])
    width = max(map(len, grouped), default=0)
    lines += [f"  {option:<{width}}  {_shortly(option, rows)}".rstrip() for option, rows in grouped.items()]
    return "\n".join([*lines, "", f"Next: mlops-iac new --blueprint {name}"])


def render_options(options: list[dict[str, Any]]) -> str:
    """What `blueprint show NAME OPTION` prints."""
    return "\n".join(line for option in options for line in _option_lines(option))


def _facts(description: dict[str, Any]) -> list[str]:
    told = {
        "For": description["use_for"],
        "Not for": description["not_for"],
        "Runs on": where_it_runs(description),
        "Example": f"mlops-iac init --example {description['example']}" if description["example"] else "",
    }
    return [f"  {label:<8} {text}" for label, text in told.items() if text]


def _grouped(options: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by the first word of their path."""
    import re

    groups: dict[str, list[dict[str, Any]]] = {}
    for option in options:
        groups.setdefault(re.split(r"[.(]", option["path"])[0], []).append(option)
    return groups


def _shortly(name: str, rows: list[dict[str, Any]]) -> str:
    """The default of a plain option; of a section its first defaults, and how many settings it has."""
    if len(rows) == 1 and rows[0]["path"] == name:
        return _default(rows[0])
    first = [row for row in rows if "(" not in row["path"]][:3]
    told = ", ".join(f"{row['path'].removeprefix(f'{name}.')} {_default(row)}" for row in first)
    return f"{told}{', …' if len(rows) > len(first) else ''}"


def _default(row: dict[str, Any]) -> str:
    import json

    if row["required"]:
        return "(required)"
    default = row.get("default")
    text = "left out" if default is None else default if isinstance(default, str) else json.dumps(default)
    return text or json.dumps(text)


def _option_lines(option: dict[str, Any]) -> list[str]:
    head = f"  {option['path']}"
    if option["required"]:
        head += "  (required)"
    elif "default" in option:
        head += f" = {_default(option)}"
    about = " ".join(filter(None, (option["description"], f"[{option['allowed']}]" if option["allowed"] else "")))
    return [head, f"      {about}"] if about else [head]
