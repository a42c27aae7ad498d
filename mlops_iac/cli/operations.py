"""What preview, up, refresh and destroy share: telling while they go, and telling how they ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.cli.console import has_color, is_live, say, show, show_json, width_of
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import MlopsError, UsageError
from mlops_iac.engine.event import Diagnostic, Event, OnEvent, Result

if TYPE_CHECKING:
    from mlops_iac.review.review import Review


def watch(
    operation: Callable[[OnEvent], Result],
    *,
    json: bool,
    plain: bool = False,
    event_log: Path | None = None,
    further: bool = False,
) -> Result:
    """Run an operation with its progress on stderr; silent when only JSON is asked for.

    ``plain`` keeps to whole lines on a terminal too. ``event_log`` names a file that gets every event as JSON, below
    what it has where the operation is a ``further`` one of the same command.
    """
    from mlops_iac.render.event_log import log_events
    from mlops_iac.render.progress import open_view

    with log_events(event_log, further=further) as log:
        if json:
            return operation(log)
        with open_view(sys.stderr, live=not plain and is_live(sys.stderr), color=has_color(sys.stderr)) as view:

            def tell(event: Event) -> None:
                log(event)
                view(event)

            return operation(tell)


def foresee(
    operation: Callable[[OnEvent], Result], *, json: bool, event_log: Path | None = None
) -> tuple[Result, list[Diagnostic]]:
    """Run a preview. What it has to say besides the changes is said on stderr, and answered for the JSON."""
    from mlops_iac.render.event_log import log_events
    from mlops_iac.render.plain import render_diagnostic
    from mlops_iac.render.style import Style

    said: list[Diagnostic] = []
    style = Style(has_color(sys.stderr))
    with log_events(event_log, preview=True) as log:

        def tell(event: Event) -> None:
            log(event)
            if isinstance(event, Diagnostic) and event.severity != "debug":
                said.append(event)
                if not json:
                    say(render_diagnostic(event, style))

        return operation(tell), said


def conclude(result: Result, *, json: bool, verb: str = "up", more: Mapping[str, Any] | None = None) -> None:
    """Tell how it ended and leave with the exit code that says the same.

    ``verb`` is the command that goes on from here; ``more`` goes into the JSON.
    """
    import typer

    from mlops_iac.render.outcome import render_outcome
    from mlops_iac.render.pulumi_json import operation_json

    if json:
        show_json({**operation_json(result), **(more or {})})
    else:
        say(render_outcome(result, color=has_color(sys.stderr), verb=verb, width=width_of(sys.stderr)))
    if result.outcome != "succeeded":
        raise typer.Exit(exit_code_of(result))


def exit_code_of(result: Result) -> int:
    if result.outcome == "cancelled":
        return exit_codes.CANCELLED
    if result.failures:
        return exit_codes.RESOURCE
    return result.error.exit_code if isinstance(result.error, MlopsError) else exit_codes.ERROR


def expect_none(result: Result, expected: bool) -> None:
    """Leave with the code that says so when there were changes where none were expected."""
    import typer

    if expected and result.changed:
        raise typer.Exit(exit_codes.CHANGES)


def refuse_by_policy(result: Result) -> None:
    """Leave with the code that says so when an `up` would be refused; what was found has been shown."""
    import typer

    if result.policy is not None and result.policy.refuses:
        raise typer.Exit(exit_codes.POLICY)


def raise_if_stopped(result: Result) -> None:
    """A preview that could not be made is an error, not a picture."""
    from mlops_iac.core.exceptions import explain

    if result.error is not None:
        explained = explain(result.error)
        raise explained from (None if explained is result.error else result.error)


def confirm(question: str, *, yes: bool, json: bool) -> None:
    """Ask before changing anything; refuse when there is nobody to ask."""
    from mlops_iac.cli.console import is_interactive

    if yes:
        return
    if json or not is_interactive():
        raise UsageError(
            "Nobody to ask.", f"{question} needs a yes, and this is not a terminal.", hint="add --yes to go ahead."
        )
    import typer

    typer.confirm(question, abort=True, err=True)


def show_preview(result: Result, reviewed: Review | None = None, *, details: bool = False, full: bool = False) -> None:
    """``reviewed``: what it means for pipelines and the bill; left out where everything ends."""
    from mlops_iac.render.steps import render_preview

    color = has_color(sys.stdout)
    show(render_preview(result, color=color, details=details, full=full))
    if reviewed is not None:
        from mlops_iac.review.text import render_review

        show(render_review(reviewed, color=color))
