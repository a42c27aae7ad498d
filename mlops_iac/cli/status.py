"""``mlops-iac status``: how the environments of this project stand, in one table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, OptionalStackArgument

if TYPE_CHECKING:
    from mlops_iac.cli.standing import Standing
    from mlops_iac.clients import Clients
    from mlops_iac.runs.health import Health

EVERY = 5.0
"""Seconds between two looks."""


def status(
    stack: OptionalStackArgument = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every environment of the project, as without STACK.")
    ] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every 5 seconds, until Ctrl-C.")] = False,
    json: JsonOption = False,
) -> None:
    """Show how environments stand: deployed or not, the last run, what serves, cost, expiry.

    Starts no cloud: the last run, what serves and the endpoint are asked of an embedded cloud that runs already.
    Without STACK, every environment. Whether something was changed behind our back, `drift` tells.

    Example: mlops-iac status --all
    """
    from mlops_iac.cli.console import has_color, is_live, say, show, show_json
    from mlops_iac.cli.environments import project_root
    from mlops_iac.cli.status_view import render_one, render_status, status_json
    from mlops_iac.core.errors import UsageError

    if stack and everything:
        raise UsageError("Which environments?", "A stack and --all were both given.", hint="give one of them.")
    if watch and (json or not is_live(sys.stdout)):
        detail = "--watch redraws a terminal; with --json, or where stdout is none, there is nothing to redraw."
        raise UsageError("Nothing to redraw.", detail, hint="leave --watch out, and ask again as often as you like.")
    root = project_root()

    def look() -> str:
        found = list(read_all(root, stack, cloud))
        color = has_color(sys.stdout)
        return render_one(*found[0], color=color) if stack and found else render_status(found, color=color)

    if watch:
        redraw(look)
    elif json:
        show_json({"stacks": [status_json(*one) for one in read_all(root, stack, cloud)]})
    else:
        show(look())
        if not stack and not list(stacks_of(root)):
            say("No environments yet. Make one: mlops-iac new")


def redraw(look: Callable[[], str]) -> None:
    """Until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        while True:
            text = look()
            sys.stdout.write("\x1b[H\x1b[2J")
            from mlops_iac.cli.console import show

            show(text)
            time.sleep(EVERY)


def stacks_of(root: Path) -> list[str]:
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.config import list_stacks
    from mlops_iac.core.ordering import natural

    return sorted({*list_stacks(root), *EmbeddedBackend(root, "").store.stacks()}, key=natural)


def read_all(root: Path, stack: str | None, cloud: CloudName) -> Iterator[tuple[Standing, Health | None]]:
    """Raises StackNotFound for a stack that is named and is not there; what is wrong with one of all is told."""
    from mlops_iac.cli.standing import read_standing

    clients = clients_of_running(root) if cloud is CloudName.EMBEDDED else clients_of_aws()
    for name in [stack] if stack else stacks_of(root):
        standing = read_standing(root, name, cloud)
        yield standing, ask_health(standing, clients)


def clients_of_running(root: Path) -> Callable[[str], Clients] | None:
    """Makes clients of a region, of this project's cloud; None when it does not run."""
    from mlops_iac.backends.embedded import EmbeddedBackend

    cloud = EmbeddedBackend(root, "").cloud
    return None if cloud.find() is None else cloud.quick_clients


def clients_of_aws() -> Callable[[str], Clients]:
    from mlops_iac.clients import Clients

    return Clients.aws


def ask_health(standing: Standing, clients: Callable[[str], Clients] | None) -> Health | None:
    """None where nobody can be asked, or what is asked is no environment, or refuses."""
    from mlops_iac.core.environment import Environment, is_complete
    from mlops_iac.core.errors import MlopsError
    from mlops_iac.runs.health import read_health

    if clients is None or not standing.is_deployed or not is_complete(standing.outputs):
        return None
    try:
        environment = Environment.from_outputs(standing.outputs)
        return read_health(environment, clients(environment.region))
    except MlopsError:
        return None
