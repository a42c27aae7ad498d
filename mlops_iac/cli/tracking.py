"""``mlops-iac tracking``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from mlops_iac.runs.tracking import Tracking


def tracking(
    stack: StackArgument,
    open: Annotated[bool, typer.Option("--open", help="Show MLflow's page in a browser.")] = False,
    url: Annotated[
        bool, typer.Option("--url", help="Print the address of MLflow's page: good for one browser, for five minutes.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show where an environment's runs are logged, and MLflow's page.

    Example: mlops-iac tracking screening-dev --open
    """
    import webbrowser

    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.runs.tracking import get_tracking, make_page_url

    opened = open_environment(stack, cloud, quick=True)
    found = get_tracking(opened.environment)
    page = make_page_url(found, opened.clients) if open or url else None
    if json:
        show_json({**found.to_json(), "url": page})
    elif page and url:
        show(page)
    elif not page:
        show("\n".join(_lines(stack, found, color=has_color(sys.stdout))))
    if page and open and not webbrowser.open(page):
        say("There is no browser here." if url or json else f"There is no browser here. The page's address is {page}")


def _lines(stack: str, found: Tracking, *, color: bool) -> Iterator[str]:
    from mlops_iac.render.style import Style

    yield Style(color).paint(f"Runs of {stack} are logged to {found.name}", "bold")
    for pipeline, experiment in found.experiments.items():
        yield f"  experiment {experiment}, of pipeline {pipeline}"
    if found.kind == "mlflow":
        yield f"  address    {found.address}"
        yield f"  page       mlops-iac tracking {stack} --open"
    else:
        yield "  page       Experiments, in SageMaker Studio"
