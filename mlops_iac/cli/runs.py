"""``mlops-iac runs``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mlops_iac.cli.environments import Opened, open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument


def runs(
    stack: StackArgument,
    run: Annotated[str | None, typer.Argument(help="One run, in full; `last` is the latest.")] = None,
    pipeline: Annotated[str | None, typer.Option("--pipeline", help="Runs of this pipeline only.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many runs.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Watch the run to its end.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the run.")] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show the latest runs with their metrics, or one run step by step.

    Example: mlops-iac runs screening-dev
    """
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.cli.run_view import render_runs
    from mlops_iac.runs.history import list_runs

    if run is None and (follow or stop):
        from mlops_iac.core.errors import UsageError

        raise UsageError("No run given.", "--follow and --stop are about one run.", hint=f"mlops-iac runs {stack} RUN")
    opened = open_environment(stack, cloud, quick=True)
    if run is not None:
        show_one(opened, run, follow=follow, stop=stop, json=json)
        return
    found = list_runs(opened.environment, opened.clients, pipeline=pipeline, limit=limit)
    if json:
        show_json({"runs": [one.to_json(steps=False) for one in found]})
    elif found:
        show(render_runs(found, color=has_color(sys.stdout)))
    else:
        say(f"{stack} has no runs yet. Start one: mlops-iac run {stack} --follow")


def show_one(opened: Opened, run: str, *, follow: bool, stop: bool, json: bool) -> None:
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.cli.following import conclude_run, watch_run
    from mlops_iac.cli.run_view import render_run
    from mlops_iac.core.denials import explain_denial
    from mlops_iac.runs.history import get_run
    from mlops_iac.runs.stop import stop as stop_run

    find = stop_run if stop else get_run
    found = find(opened.environment, opened.clients, run)
    if follow and not stop:
        conclude_run(opened, watch_run(opened, found, json=json), json=json)
    elif json:
        show_json(found.to_json())
    else:
        show(render_run(found, color=has_color(sys.stdout)))
        remedy = explain_denial(found.failed_step.reason if found.failed_step else found.error)
        if remedy:
            say(f"hint: {remedy}")
