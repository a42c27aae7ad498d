"""``mlops-iac promote``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, complete_stacks

if TYPE_CHECKING:
    from mlops_iac.runs.promote import Promotion


def promote(
    model: Annotated[
        str, typer.Argument(help="Its version's number there; `last` is the newest, `serving` the one that serves.")
    ],
    from_: Annotated[
        str,
        typer.Option("--from", metavar="STACK", help="The environment that has it.", autocompletion=complete_stacks),
    ],
    to: Annotated[
        str,
        typer.Option("--to", metavar="STACK", help="The environment that gets it.", autocompletion=complete_stacks),
    ],
    registry: Annotated[
        str | None, typer.Option("--registry", help="The sender's registry, by its name, where there are several.")
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option("--parameters", "-p", help="A YAML file of parameters of the receiver's run.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One parameter, such as data=raw/2026/.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Watch the run to its end; exit with 1 if it fails.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and show it; start nothing.")] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Take a model over into another environment, where its gate decides on that environment's own data.

    Nothing is trained: the archive is fetched and checked, measured, gated, approved where a person is asked,
    registered and deployed there.

    Example: mlops-iac promote serving --from screening-dev --to screening-prod --follow
    """
    from mlops_iac.cli import console
    from mlops_iac.cli.following import conclude_run, watch_run
    from mlops_iac.cli.run import gather
    from mlops_iac.runs.promote import plan
    from mlops_iac.runs.promote import promote as start

    sender = open_environment(from_, cloud, quick=True)
    receiver = open_environment(to, cloud)
    planned = plan(sender.environment, receiver.environment, sender.clients, model, registry=registry)
    given = gather(receiver.environment, planned.pipeline.name, parameters, set_ or [])
    if dry_run:
        told = {"promotion": planned.to_json(), "run": None}
        console.show_json(told) if json else console.show(render_plan(planned))
        return
    run = start(planned, receiver.clients, receiver.root, given)
    receiver.keep()
    if follow:
        if not json:
            console.say(f"{render_plan(planned)}\n\nRun {run.id} of {planned.pipeline.name} in {to}\n")
        conclude_run(receiver, watch_run(receiver, run, json=json), json=json)
    elif json:
        console.show_json({"promotion": planned.to_json(), "run": run.to_json()})
    else:
        console.show(run.id)
        console.say(f"{render_plan(planned)}\nStarted. Next: mlops-iac runs {to} {run.id} --follow")


def render_plan(planned: Promotion) -> str:
    """What goes where, and by which steps."""
    from mlops_iac.cli.run_view import render_metrics

    model = planned.model
    steps = " → ".join(step.name for step in planned.pipeline.steps)
    facts = {
        "model": f"version {model.version} of {planned.sender.stack}, registry {model.registry}",
        "run": model.run or "none: somebody else put it there",
        "metrics": render_metrics(model.metrics) or "none",
        "archive": f"{planned.size:,} bytes, SHA-256 {model.digest}",
        "to": f"{planned.receiver.stack}, pipeline {planned.pipeline.name}",
        "steps": steps,
        "waits": f"at {', '.join(planned.asks)} for `mlops-iac approve`" if planned.asks else "for nobody",
    }
    return "\n".join(f"  {name:<9} {value}" for name, value in facts.items())
