"""``mlops-iac logs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, StackArgument

if TYPE_CHECKING:
    from mlops_iac.runs.logs import LogLine


def logs(
    stack: StackArgument,
    run: Annotated[str, typer.Argument(help="The run, as `runs STACK` lists it; `last` is the latest.")],
    step: Annotated[str | None, typer.Argument(help="One step only.")] = None,
    item: Annotated[int | None, typer.Option("--item", min=0, help="One item of a step that maps: its number.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run is over.")] = False,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what the jobs of a run wrote.

    Example: mlops-iac logs screening-dev 261121-081530-3fa2 train
    """
    from mlops_iac.cli.console import say, show, show_json
    from mlops_iac.core.errors import UsageError
    from mlops_iac.runs.follow import follow as follow_run
    from mlops_iac.runs.history import get_run
    from mlops_iac.runs.logs import LogLine, choose_steps, read_logs

    if follow and (json or item is not None):
        other = "--json prints one object" if json else "--item shows what one item wrote"
        raise UsageError("Options exclude each other.", f"{other}, --follow goes on.", hint="drop one.")
    opened = open_environment(stack, cloud, quick=True)
    found = get_run(opened.environment, opened.clients, run)
    wanted = {one.name for one in choose_steps(found, step)}
    if follow:
        for change in follow_run(opened.environment, opened.clients, found.id, logs=True):
            if isinstance(change, LogLine) and change.step in wanted:
                show(render_line(change, one_step=step is not None))
        return
    lines = list(read_logs(opened.clients, found, step, item))
    if json:
        show_json(
            {"run": found.id, "lines": [{"step": x.step, "time": x.time.isoformat(), "text": x.text} for x in lines]}
        )
        return
    for line in lines:
        show(render_line(line, one_step=step is not None))
    if not lines:
        say("Nothing has been written yet." if not found.is_over else "Its jobs wrote nothing.")


def render_line(line: LogLine, *, one_step: bool) -> str:
    """An empty line stays one: `show` would swallow it."""
    text = (f"{line.trial} {line.text}" if line.trial else line.text) if one_step else f"{line.writer:<10} {line.text}"
    return text or "\n"
