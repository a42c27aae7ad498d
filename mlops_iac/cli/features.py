"""``mlops-iac features``: what is known of whom, now."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from mlops_iac.runs.features import Standing

app = make_group("The features of an environment: list groups, show one, get what is known of a key.")

GroupArgument = Annotated[str, typer.Argument(help="The group, by the name of its file.")]


@app.command("list")
def list_features(
    stack: StackArgument,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """List the groups of features.

    Example: mlops-iac features list grunfeld-dev
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.render.tables import render_table
    from mlops_iac.runs.features import list_groups

    groups = list_groups(open_environment(stack, cloud, quick=True).environment)
    if json:
        shown = [
            {"group": name, "name": one.name, "features": len(one.features), "online": one.online, "table": one.table}
            for name, one in groups.items()
        ]
        show_json({"groups": shown})
        return
    rows = [
        (name, one.identifier, str(len(one.features)), "yes" if one.online else "no", one.table)
        for name, one in groups.items()
    ]
    show(render_table(("group", "key", "features", "online", "table"), rows))


@app.command("show")
def show_group(
    stack: StackArgument,
    group: GroupArgument,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show a group: its features, and how its stores stand.

    Example: mlops-iac features show grunfeld-dev market
    """
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.runs.features import describe_group

    opened = open_environment(stack, cloud, quick=True)
    found = describe_group(opened.environment, opened.clients, group)
    if json:
        show_json(found.to_json())
    else:
        show("\n".join(_lines(found, color=has_color(sys.stdout))))


@app.command()
def get(
    stack: StackArgument,
    group: GroupArgument,
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Whose features: record identifiers.")],
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Get the newest features of keys, as an application gets them.

    Example: mlops-iac features get grunfeld-dev market ibm
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.core.errors import RunError
    from mlops_iac.runs.features import get_records

    opened = open_environment(stack, cloud, quick=True)
    found = get_records(opened.environment, opened.clients, group, keys)
    if json:
        show_json({"group": group, "records": found})
        return
    show("\n\n".join(_record(key, values) for key, values in found.items()))
    if not any(found.values()):
        detail = f"Group `{group}` has no record of {', '.join(f'`{key}`' for key in found)}."
        hint = f"`mlops-iac run {stack} features` puts them; a record past its `ttl` is gone."
        raise RunError("There is no such record.", detail, hint=hint)


def _record(key: str, values: Mapping[str, str] | None) -> str:
    if values is None:
        return f"{key}\n  nothing is known"
    width = max(map(len, values))
    return "\n".join([key, *(f"  {name:<{width}}  {value}" for name, value in values.items())])


def _lines(found: Standing, *, color: bool) -> Iterator[str]:
    from mlops_iac.render.style import Style

    group, online = found.group, "no"
    if found.online_bytes is not None:
        online = f"{found.online_bytes:,} bytes, {f'each for {found.ttl}' if found.ttl else 'until a newer one comes'}"
    yield Style(color).paint(f"Group {found.name} ({group.name}), {found.status}", "bold")
    yield f"  key       {group.identifier}"
    yield f"  time      {group.event_time}"
    yield f"  online    {online}"
    yield f"  history   {found.history}, table {group.table}"
    yield f"            {found.history_uri}"
    yield ""
    width = max(map(len, group.features))
    yield from (f"  {name:<{width}}  {kind}" for name, kind in group.features.items())
