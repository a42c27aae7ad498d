"""``mlops-iac monitor``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption
from mlops_iac.cli.selected import SelectedStackArgument

if TYPE_CHECKING:
    from mlops_iac.clients import Clients
    from mlops_iac.core.environment import Environment
    from mlops_iac.runs.monitoring import Look

SHOWN = 10
"""Columns and violations that are named; `--json` has all."""


def monitor(
    stack: SelectedStackArgument,
    open: Annotated[bool, typer.Option("--open", help="Show the last report in a browser.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the last report there, as HTML.")
    ] = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show what the watch over an environment's endpoints found last: drift by column, violations, alarms.

    Example: mlops-iac monitor screening-dev --open
    """
    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.runs.monitoring import list_looks

    opened = open_environment(stack, cloud, quick=True)
    looks = list_looks(opened.environment, opened.clients)
    if json:
        show_json({"endpoints": [look.to_json() for look in looks]})
    else:
        color = has_color(sys.stdout)
        show("\n\n".join(render_look(stack, look, color=color) for look in looks))
    if open or save:
        keep_page(opened.environment, opened.clients, looks, save, show_it=open)


def keep_page(
    environment: Environment, clients: Clients, looks: Sequence[Look], file: Path | None, *, show_it: bool
) -> None:
    """Write the report of the first endpoint to a file, and show it when that is asked for."""
    import tempfile
    import webbrowser

    from mlops_iac.cli.console import say
    from mlops_iac.core.errors import UsageError
    from mlops_iac.runs.monitoring import read_page

    page = read_page(environment, clients, looks[0])
    if file is None:
        # Below a folder that nobody else can read: a report holds figures of the team's data.
        file = Path(tempfile.mkdtemp(prefix="mlops-iac-")) / "report.html"
    try:
        file.write_bytes(page)
    except OSError as error:
        detail = f"`{file}`: {error.strerror}."
        raise UsageError("The report cannot be written.", detail, hint="name another file.") from error
    if not show_it:
        say(f"Written to {file}")
    elif not webbrowser.open(file.resolve().as_uri()):
        say(f"There is no browser here. The report lies at {file}")


def render_look(stack: str, look: Look, *, color: bool) -> str:
    """What matters first: the sentence, the alarms, the columns that drift."""
    return "\n".join(_lines(stack, look, color=color))


def _lines(stack: str, look: Look, *, color: bool) -> Iterator[str]:
    from mlops_iac.render.style import Style

    style, report = Style(color), look.report
    yield style.paint(f"Endpoint {look.endpoint}", "bold")
    if report:
        yield f"  {report['said']}"
    elif look.run:
        yield "  The last look left no report.json: the team's own script looked."
    else:
        yield "  Nobody has looked yet."
    yield ""
    if look.run and report:
        yield f"  looked     run {look.run.id}: {report['rows']} rows of {report['from']} to {report['to']}"
        yield f"  model      of run {report['run']}" if report["run"] else "  model      none"
    if look.alarms:
        yield f"  alarms     {', '.join(f'{what} {state}' for what, state in look.alarms.items())}"
    if look.failed:
        yield style.paint(f"  failed     run {look.failed.id}: {look.failed.error}", "red")
    if report:
        yield from _found(report, style)
    if look.page:
        yield f"  report     {look.page}"
    elif not look.run:
        yield f"  next       mlops-iac run {stack} {look.pipeline} --follow"


def _watched(report: Mapping[str, Any]) -> Iterator[str]:
    """Groups and what answers depend on, where they are watched."""
    if bias := report.get("bias"):
        worst = next(iter(bias["differences"]), None)
        said = bias["why"]
        if worst:
            what = worst["rate"].replace("_", " ")
            said = f"{what} differs by {worst['now']:.2f} between groups of {worst['column']}"
            said += f", {worst['before']:.2f} at the training"
        yield f"  bias       {said}"
    if explain := report.get("explain"):
        first = ", ".join(sorted(explain["now"], key=lambda name: -explain["now"][name])[:3])
        said = explain["why"] or f"nDCG {explain['ndcg']:.3f} of {explain['rows']} rows; first {first}"
        yield f"  explain    {said}"


def _found(report: Mapping[str, Any], style: Any) -> Iterator[str]:
    if quality := report["quality"]:
        value = quality["value"]
        said = f"{value:.4g} of {quality['rows']} predictions" if value is not None else quality["why"]
        odd = {"unknown_ids": "unknown ids", "ids_twice": "ids that came twice", "other_lengths": "of other lengths"}
        left = [f"{quality[name]} {words}" for name, words in odd.items() if quality[name]]
        yield f"  {quality['metric']:<10} {'; left out: '.join([said, ', '.join(left)] if left else [said])}"
    yield from _watched(report)
    if broken := report["broken"]:
        yield f"  not read   {', '.join(f'{count} lines: {why}' for why, count in broken.items())}"
    measure = report["measure"]
    drifting = [one for one in report["columns"] if one["drifts"]]
    if drifting:
        yield ""
        yield style.paint(f"  column                          {measure.upper():>8}   what changed", "bold")
        for one in drifting[:SHOWN]:
            yield style.paint(f"  {one['name']:<30}  {one[measure]:>8.3f}   {one['words']}", "red")
        if len(drifting) > SHOWN:
            yield f"  and {len(drifting) - SHOWN} more"
    other = [one for one in report["violations"] if one["constraint_check_type"] != "baseline_drift_check"]
    if other:
        yield ""
        for one in other[:SHOWN]:
            yield f"  {': '.join(filter(None, (one['feature_name'], one['description'])))}"
        if len(other) > SHOWN:
            yield f"  and {len(other) - SHOWN} more violations"
    if drifting or other:
        yield ""
