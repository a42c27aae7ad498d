"""``mlops-iac history``: who did what to an environment, when and why."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_iac.cli.options import CloudName, CloudOption, JsonOption
from mlops_iac.cli.selected import SelectedStackArgument

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.core.audit import AuditEvent


def history(
    stack: SelectedStackArgument,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many, the newest first.")] = 20,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Show who did what to an environment, when and why: deployments, runs, answers, rollbacks.

    Deployments are told by its state's history, everything else by its own log, in which nobody can change or delete.
    Of an environment that was destroyed, what was known then is shown.

    Example: mlops-iac history screening-dev --limit 50
    """
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.cli.environments import open_backend

    found = find_events(open_backend(stack, cloud), stack, limit)
    if json:
        show_json({"stack": stack, "history": [event.to_json() for event in found]})
    elif found:
        show(render_events(found, color=has_color(sys.stdout)))
    else:
        say(f"Nothing was done to {stack} yet.")


def find_events(backend: Backend, stack: str, limit: int) -> list[AuditEvent]:
    """The newest first. Raises StackNotFound for one that never was."""
    from mlops_iac.cli.auditing import collect_events, read_ended
    from mlops_iac.core.audit import in_order
    from mlops_iac.core.errors import StackNotFound

    ended = read_ended(backend.root, stack)
    try:
        return in_order([*ended, *collect_events(backend, limit)])[:limit]
    except StackNotFound:
        if not ended:
            raise
        return in_order(ended)[:limit]


def render_events(events: Iterable[AuditEvent], *, color: bool) -> str:
    from mlops_iac.render.tables import render_table

    rows = [(event.at.replace("T", " ").removesuffix("Z"), event.action, who(event), told(event)) for event in events]
    return render_table(("WHEN (UTC)", "WHAT", "WHO", ""), rows, color=color)


def who(event: AuditEvent) -> str:
    """A CI job acts for somebody; who signed in there is of less use."""
    about = event.about
    if about.get("ci.actor"):
        return f"{about['ci.actor']} by {about['ci.system']}"
    return event.by or about.get("git.author", "") or "not known"


def told(event: AuditEvent) -> str:
    ended = "failed" if event.result == "failed" else ""
    commit, made = event.about.get("git.head", "")[:8], event.about.get("plan.made-by", "")
    two = f"planned by {made}, approved by {event.about.get('plan.approved-by', '')}" if made else ""
    return "  ".join(filter(None, [event.subject, ended, two, f'"{event.message}"' if event.message else "", commit]))
