"""``mlops-iac config``: what a stack's settings are, and where each is from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption
from mlops_iac.cli.selected import SelectedStackArgument

if TYPE_CHECKING:
    from mlops_iac.config.stack_config import StackConfig

app = make_group("The settings of an environment, and where each is from: its own file, the company's, the blueprint.")


@app.command()
def show(stack: SelectedStackArgument, json: JsonOption = False) -> None:
    """Show every setting that is in force, with the file and line that says it.

    What nobody wrote is the blueprint's default. Secrets are not shown.

    Example: mlops-iac config show screening-dev
    """
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.program.blueprinted import load
    from mlops_iac.render.tables import render_table

    config = load(project_root(), stack).config
    settings = list(_settings(config))
    if json:
        show_json({"stack": stack, "settings": settings})
        return
    rows = [(row["key"], _plain(row["value"]), row["origin"] or "default") for row in settings]
    show(render_table(("SETTING", "VALUE", "FROM"), rows, color=has_color(sys.stdout)))


@app.command()
def check(json: JsonOption = False) -> None:
    """Check every stack file of the project, its pipelines, and the company's file, without any cloud.

    Example: mlops-iac config check
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.config import list_stacks
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.program.stack_program import open_stack

    root, failed = project_root(), []
    stacks = list_stacks(root)
    for stack in stacks:
        try:
            open_stack(root, stack)
        except MlopsError as error:
            failed.append(error)
    if failed:
        raise type(failed[0]).of(sorted({problem for error in failed for problem in error.problems}))
    if json:
        show_json({"stacks": stacks})
    else:
        show(f"{', '.join(stacks)}: nothing is wrong." if stacks else "No environments yet. Make one: mlops-iac new")


def _settings(config: StackConfig) -> Iterator[dict[str, Any]]:
    """Scalars, and lists as a whole, by their dotted keys, as stack files have them."""
    for path, value in _leaves(config.effective()):
        key = ".".join(map(str, path))
        yield {"key": key, "value": value, "origin": config.origin(path)}


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif value is not None and value != {}:
        yield path, value


def _plain(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value)
