"""``mlops-iac runs``: the runs of an environment."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mlops_iac.cli.auditing import MessageOption, write_down
from mlops_iac.cli.environments import Opened, open_environment
from mlops_iac.cli.group import ListGroup, make_group
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, RunArgument, StackArgument

app = make_group(
    "The runs of an environment: list (or only `runs STACK`), show, compare, watch, stop, retry, pull.",
    kind=ListGroup,
)


@app.command("list")
def list_(
    stack: StackArgument,
    run: Annotated[str | None, typer.Argument(help="One run, in full: short for `runs show`.")] = None,
    pipeline: Annotated[str | None, typer.Option("--pipeline", help="Runs of this pipeline only.")] = None,
    status: Annotated[
        list[str] | None, typer.Option("--status", help="Only runs with this status; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Not before: 90m, 24h, 7d, 2w ago, or a day.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="CONDITION", help="Only where it holds: 'auc>=0.9'; may be repeated."),
    ] = None,
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="METRIC", help="By a metric, the highest first.")
    ] = None,
    ascending: Annotated[bool, typer.Option("--ascending", help="With --sort: the lowest first.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many runs.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="With RUN: short for `runs watch`.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="With RUN: short for `runs stop`.")] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show the latest runs with their metrics, and which run's model serves.

    Example: mlops-iac runs list screening-dev --status succeeded --since 7d --metric 'auc>=0.9' --sort auc
    """
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.cli.run_view import render_runs
    from mlops_iac.core.errors import UsageError
    from mlops_iac.runs.filters import Condition, Filter, parse_since, parse_status
    from mlops_iac.runs.history import list_runs
    from mlops_iac.runs.serving import NOWHERE, runs_behind

    if run is None and (follow or stop):
        raise UsageError("No run given.", "--follow and --stop are about one run.", hint=f"mlops-iac runs {stack} RUN")
    wanted = Filter(
        statuses=tuple(map(parse_status, status or ())),
        since=parse_since(since) if since else None,
        conditions=tuple(map(Condition.parse, metric or ())),
        sort=sort,
        ascending=ascending,
    )
    opened = open_environment(stack, cloud, quick=True)
    if run is not None:
        act = watch_one if follow and not stop else stop_one if stop else show_one
        act(opened, run, json=json)
        return
    found = list_runs(opened.environment, opened.clients, pipeline=pipeline, limit=limit, wanted=wanted)
    behind = runs_behind(opened.environment, opened.clients) if found else {}
    if json:
        show_json({"runs": [{**one.to_json(steps=False), **behind.get(one.id, NOWHERE).to_json()} for one in found]})
    elif found:
        show(render_runs(found, behind=behind, color=has_color(sys.stdout)))
    elif wanted != Filter() or pipeline:
        say(f"{stack} has no run like that.")
    else:
        say(f"{stack} has no runs yet. Start one: mlops-iac run {stack} --follow")


@app.command()
def show(
    stack: StackArgument, run: RunArgument, cloud: CloudOption = CloudName.EMBEDDED, json: JsonOption = False
) -> None:
    """Show one run in full: its steps, parameters, commit, data, packages, metrics and model.

    Example: mlops-iac runs show screening-dev last
    """
    show_one(open_environment(stack, cloud, quick=True), run, json=json)


@app.command()
def compare(
    stack: StackArgument,
    a: RunArgument,
    b: RunArgument,
    everything: Annotated[bool, typer.Option("--all", help="Also what is the same in both.")] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show two runs side by side: where parameters, code, packages, data and metrics differ.

    Example: mlops-iac runs compare screening-dev 261121-081530-3fa2 last
    """
    from mlops_iac.cli import console
    from mlops_iac.cli.compare_view import render_comparison
    from mlops_iac.runs.compare import compare as compare_runs

    opened = open_environment(stack, cloud, quick=True)
    found = compare_runs(opened.environment, opened.clients, a, b)
    if json:
        console.show_json(found.to_json())
    else:
        console.show(render_comparison(found, everything=everything, color=console.has_color(sys.stdout)))


@app.command()
def watch(
    stack: StackArgument, run: RunArgument, cloud: CloudOption = CloudName.EMBEDDED, json: JsonOption = False
) -> None:
    """Watch a run to its end, step by step; exit with 1 if it fails. Ctrl-C leaves the run alone.

    Example: mlops-iac runs watch screening-dev last
    """
    watch_one(open_environment(stack, cloud, quick=True), run, json=json)


@app.command()
def stop(
    stack: StackArgument,
    run: RunArgument,
    message: MessageOption = "",
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Stop a run and the jobs it is at; one that is over stays as it is.

    Example: mlops-iac runs stop screening-dev last
    """
    stop_one(open_environment(stack, cloud, quick=True), run, message, json=json)


@app.command()
def retry(
    stack: StackArgument,
    run: RunArgument,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="STEP", help="Begin here. Left out: the step that failed.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Watch it to its end.")] = False,
    message: MessageOption = "",
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Go on from the step that failed, with the same code and parameters; what went well before is taken over.

    SageMaker Pipelines goes on with the same run; Step Functions begins a new one, and says its id.

    Example: mlops-iac runs retry screening-dev last --from train --follow
    """
    from mlops_iac.cli import console
    from mlops_iac.cli.following import conclude_run, watch_run
    from mlops_iac.runs.audit import check_message
    from mlops_iac.runs.retry import retry as retry_run

    check_message(message)
    opened = open_environment(stack, cloud)
    found = retry_run(opened.environment, opened.clients, run, step=from_)
    write_down(opened, "retry", f"{found.id} of {run}", message)
    opened.keep()
    if follow:
        conclude_run(opened, watch_run(opened, found, json=json), json=json)
    elif json:
        console.show_json(found.to_json())
    else:
        console.show(found.id)
        console.say(f"Goes on. Next: mlops-iac runs watch {stack} {found.id}")


@app.command()
def pull(
    stack: StackArgument, run: RunArgument, cloud: CloudOption = CloudName.EMBEDDED, json: JsonOption = False
) -> None:
    """Bring what a flow's run left to this project, where the flow's own client reads it.

    Example: mlops-iac runs pull digits-dev last
    """
    from mlops_iac.cli import console
    from mlops_iac.runs.pull import pull as pull_run

    opened = open_environment(stack, cloud)
    found = pull_run(opened.environment, opened.clients, opened.root, run)
    if json:
        console.show_json(found.to_json())
    else:
        console.show(f"{found.run}: {found.tasks} tasks, in {found.folder}")


def show_one(opened: Opened, run: str, *, json: bool) -> None:
    from mlops_iac.cli import console
    from mlops_iac.cli.details_view import render_details
    from mlops_iac.core.denials import explain_denial
    from mlops_iac.runs.details import get_details

    found = get_details(opened.environment, opened.clients, run)
    if json:
        console.show_json(found.to_json())
        return
    console.show(render_details(found, color=console.has_color(sys.stdout)))
    broken = found.run.failed_step
    remedy = explain_denial(broken.reason if broken else found.run.error)
    if remedy:
        console.say(f"hint: {remedy}")


def watch_one(opened: Opened, run: str, *, json: bool) -> None:
    from mlops_iac.cli.following import conclude_run, watch_run
    from mlops_iac.runs.history import get_run

    found = get_run(opened.environment, opened.clients, run)
    conclude_run(opened, watch_run(opened, found, json=json), json=json)


def stop_one(opened: Opened, run: str, message: str = "", *, json: bool) -> None:
    from mlops_iac.cli import console
    from mlops_iac.cli.run_view import render_run
    from mlops_iac.runs.audit import check_message
    from mlops_iac.runs.stop import stop as stop_run

    check_message(message)
    found, was_over = stop_run(opened.environment, opened.clients, run)
    if not was_over:
        write_down(opened, "stop", found.id, message)
    opened.keep()
    if json:
        console.show_json(found.to_json())
        return
    console.show(render_run(found, color=console.has_color(sys.stdout)))
    if was_over:
        console.say("It was over before; nothing was stopped.")
