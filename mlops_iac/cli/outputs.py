"""``mlops-iac outputs``."""

from __future__ import annotations

from typing import Annotated

import typer

from mlops_iac.cli.environments import open_backend
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption
from mlops_iac.cli.selected import SelectedStackArgument


def outputs(
    stack: SelectedStackArgument,
    name: Annotated[str | None, typer.Argument(help="One output only; dotted for what lies inside.")] = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what an environment offers: its data, pipelines, endpoint, registry and services.

    Example: mlops-iac outputs screening-dev endpoints.main.name
    """
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.core.environment import in_field_order
    from mlops_iac.render.outputs import render_outputs
    from mlops_iac.render.pulumi_json import plain

    values = in_field_order(plain(open_backend(stack, cloud).outputs()))
    if name:
        values = pick(values, name)
    if json:
        show_json(values if isinstance(values, dict) else {name: values})
    else:
        show(render_outputs(values))


def pick(values: object, path: str) -> object:
    """The output at a dotted path; UsageError with the nearest name when there is none."""
    from mlops_iac.core.errors import UsageError
    from mlops_iac.core.suggestions import did_you_mean

    parts = path.split(".")
    for depth, part in enumerate(parts):
        known = values if isinstance(values, dict) else {}
        if part not in known:
            where = f" in `{'.'.join(parts[:depth])}`" if depth else ""
            hint = did_you_mean(part, known) if known else "it is one value: there is nothing inside."
            raise UsageError("No such output.", f"There is no `{part}`{where}.", hint=hint)
        values = known[part]
    return values
