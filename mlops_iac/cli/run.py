"""``mlops-iac run``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mlops_iac.cli.auditing import MessageOption, write_down
from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption
from mlops_iac.cli.selected import SelectedStackArgument


def run(
    stack: SelectedStackArgument,
    pipeline: Annotated[str, typer.Argument(help="The pipeline, as in `outputs STACK pipelines`.")] = "training",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Watch it to its end; exit with 1 if it fails.")
    ] = False,
    logs: Annotated[bool, typer.Option("--logs", help="With --follow: show what its jobs write.")] = False,
    parameters: Annotated[Path | None, typer.Option("--parameters", "-p", help="A YAML file of parameters.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One parameter, such as hyperparameters.C=2.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow", metavar="PATH", help="Pack this file of the code folder although it looks like a secret."
        ),
    ] = None,
    cache: Annotated[
        bool,
        typer.Option("--cache/--no-cache", help="Take over what steps with a `cache` made before, or do all anew."),
    ] = True,
    data_version: Annotated[
        list[str] | None,
        typer.Option(
            "--data-version",
            metavar="[PARAMETER=]ID",
            help="Read this version of the data, as in `data versions STACK`; @previous is the one before what lies "
            "there now.",
        ),
    ] = None,
    push: Annotated[
        bool, typer.Option("--push", help="Only store the code, as what triggers start runs with; start nothing.")
    ] = False,
    message: MessageOption = "",
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Run a pipeline with the code that lies in its folder now.

    Example: mlops-iac run screening-dev training --follow --set hyperparameters.C=0.5
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.cli.following import conclude_run, watch_run
    from mlops_iac.core.errors import UsageError
    from mlops_iac.runs.audit import check_message
    from mlops_iac.runs.start import start

    check_message(message)
    if push and data_version:
        detail = "--push starts nothing, and --data-version says what a run reads."
        raise UsageError("Options exclude each other.", detail, hint="drop one.")
    if push:
        push_code(stack, pipeline, cloud, allow or [], message, json=json)
        return
    opened = open_environment(stack, cloud)
    given = gather(opened.environment, pipeline, parameters, set_ or [])
    started = start(
        opened.environment, opened.clients, opened.root, pipeline, given,
        allowed=allow or (), cache=cache, versions=data_version or (),
    )  # fmt: skip
    write_down(opened, "run", f"{started.id} {pipeline}", message)
    opened.keep()
    if follow:
        if not json:
            say(f"Run {started.id} of {pipeline} (code {started.code})\n")
        conclude_run(opened, watch_run(opened, started, json=json, logs=logs), json=json, logs=logs)
    elif json:
        show_json(started.to_json())
    else:
        show(started.id)
        say(f"Started. Next: mlops-iac runs {stack} {started.id} --follow")


def push_code(stack: str, pipeline: str, cloud: CloudName, allow: list[str], message: str, *, json: bool) -> None:
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.runs.start import push

    opened = open_environment(stack, cloud)
    code = push(opened.environment, opened.clients, opened.root, pipeline, allowed=allow)
    write_down(opened, "push", f"{code.sha} {pipeline}", message)
    opened.keep()
    if json:
        show_json({"code": code.sha})
    else:
        show(code.sha)
        say(f"Pushed. Triggers start runs of {pipeline} with it.")


def gather(environment: Any, pipeline: str, file: Path | None, settings: list[str]) -> dict[str, Any]:
    """Parameters of the file, and of --set on top; maps are joined."""
    from mlops_iac.runs.names import get_pipeline
    from mlops_iac.runs.parameters import merge_parameters, parse_settings, read_parameters

    chosen = get_pipeline(environment, pipeline)
    given: dict[str, Any] = {}
    if file:
        given = read_parameters(file)
        merge_parameters(chosen, given)  # what the file says wrongly is told with its line
    for name, value in parse_settings(settings, chosen).items():
        old = given.get(name)
        given[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return given
