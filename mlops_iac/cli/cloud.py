"""``mlops-iac cloud``: the embedded cloud of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.environments import project_root
from mlops_iac.cli.group import make_group
from mlops_iac.cli.options import JsonOption, YesOption

if TYPE_CHECKING:
    from mlops_iac.cloud.process import EmbeddedCloud

app = make_group("The embedded cloud: start, stop, status, advance, interrupt, reset, provider.")


def embedded_cloud() -> EmbeddedCloud:
    from mlops_iac.backends.embedded import HOME
    from mlops_iac.cloud.process import EmbeddedCloud

    return EmbeddedCloud(project_root() / HOME / "cloud")


def tell_status(status: dict[str, Any], *, json: bool) -> None:
    from mlops_iac.cli.console import show, show_json
    from mlops_iac.render.outputs import render_outputs

    if json:
        show_json(status)
    else:
        show(render_outputs(readable(status)))


def readable(status: dict[str, Any]) -> dict[str, Any]:
    """The status for people: times of day and sizes with a unit; ``--json`` has the numbers."""
    from datetime import datetime

    from mlops_iac.cli.data import render_size

    shown: dict[str, Any] = {}
    for key, value in status.items():
        if key == "started":
            shown[key] = f"{datetime.fromtimestamp(value).astimezone():%Y-%m-%d %H:%M:%S}"
        elif value == {}:
            shown[key] = "none"
        elif key.endswith("_bytes"):
            shown[key.removesuffix("_bytes")] = render_size(value)
        else:
            shown[key] = value
    return shown


@app.command()
def status(json: JsonOption = False) -> None:
    """Show whether it runs, where, and what it holds.

    Example: mlops-iac cloud status
    """
    tell_status(embedded_cloud().status(), json=json)


@app.command()
def start(
    without_iam: Annotated[
        bool, typer.Option("--without-iam", help="Let every role do everything until it is stopped; outputs say so.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Start it; what it held when it stopped is there again. `up` does this by itself.

    Example: mlops-iac cloud start
    """
    cloud = embedded_cloud()
    cloud.start(iam=not without_iam)
    tell_status(cloud.status(), json=json)


@app.command()
def stop(json: JsonOption = False) -> None:
    """Save everything and stop it. Jobs that run are stopped and say so.

    Example: mlops-iac cloud stop
    """
    cloud = embedded_cloud()
    cloud.stop()
    tell_status(cloud.status(), json=json)


@app.command()
def advance(
    by: Annotated[str, typer.Argument(metavar="DURATION", help="How far: 30m, 12h, 1d, 2w, or 1d12h.")],
    json: JsonOption = False,
) -> None:
    """Move its clock on. All schedules that become due on the way fire, in order, each at its own time.

    Runs take real time all the same, and the clock moves when none goes on: what is due on one day is done before the
    next begins. The clock never goes back; `cloud reset` sets it to this machine's.

    Example: mlops-iac cloud advance 1d
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.core.durations import parse_duration

    told = embedded_cloud().advance(parse_duration(by))
    if json:
        show_json(told)
        return
    if told["fired"]:
        show("\n".join(f"{fired['time'][:16].replace('T', ' ')}  {fired['what']}" for fired in told["fired"]) + "\n")
    say(f"{len(told['fired'])} fired. It is {told['now']} in the embedded cloud.")
    if not told["complete"]:
        say("More is due than one call fires; the clock stands where it stopped. Go on with the rest.")
    elif told["next"]:
        say(f"Next: {told['next']['what']} at {told['next']['time'][:16].replace('T', ' ')}.")


@app.command()
def interrupt(
    job: Annotated[str, typer.Argument(help="Name of a training job with `spot`.")], json: JsonOption = False
) -> None:
    """Take a spot training job's machine away, as AWS may at any time. The job begins again, with its checkpoints.

    Example: mlops-iac cloud interrupt screening-dev-261121-081530-3fa2-train
    """
    from mlops_iac.cli.console import say, show_json

    embedded_cloud().interrupt(job)
    if json:
        show_json({"interrupted": job})
        return
    say(f"{job} is interrupted: it has two minutes to end, and begins again.")


@app.command()
def reset(yes: YesOption = False, json: JsonOption = False) -> None:
    """Delete everything in it, of every team. The state of stacks is not touched.

    `up STACK --refresh` makes a stack anew; `refresh STACK` only records the loss.

    Example: mlops-iac cloud reset --yes
    """
    from mlops_iac.cli.operations import confirm

    confirm("Delete everything in the embedded cloud?", yes=yes, json=json)
    cloud = embedded_cloud()
    cloud.reset()
    tell_status(cloud.status(), json=json)


PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")]


@app.command()
def provider(port: PortOption = 0, json: JsonOption = False) -> None:
    """Serve the embedded cloud to a Pulumi CLI of your own, until Ctrl-C; starts the cloud when it is not running.

    Run what it prints in another terminal: `pulumi up` there deploys the same program into the embedded cloud.

    Example: mlops-iac cloud provider --port 50051
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.cloud.plugin.server import PluginServer
    from mlops_iac.cloud.provider import EmbeddedProvider

    cloud = embedded_cloud()
    server = PluginServer(EmbeddedProvider(cloud.clients), port)
    running = cloud.start()
    server.start()
    if json:
        show_json({"endpoint": running.endpoint, "port": server.port, "environment": server.environment})
    else:
        say("Serving the embedded cloud as Pulumi's provider `aws`. In the terminal where you run `pulumi`:\n")
        show("\n".join(f"export {name}={value}" for name, value in server.environment.items()))
        say("\nCtrl-C stops it.")
    wait_for_a_signal()
    server.stop()


def wait_for_a_signal() -> None:
    """Until Ctrl-C, or until the process is told to end."""
    import signal
    import time

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:  # a signal that another thread takes wakes nobody, so it is looked for
            time.sleep(1)
    except KeyboardInterrupt:
        return
