"""What `run --follow` and `runs RUN --follow` share: watch a run to its end, and leave with what it came to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mlops_iac.cli.environments import Opened
from mlops_iac.core.errors import Detached, MlopsError, RunError

if TYPE_CHECKING:
    from mlops_iac.core.environment import Endpoint
    from mlops_iac.runs.run import Run, StepRun


def watch_run(opened: Opened, run: Run, *, json: bool, logs: bool = False) -> Run:
    """The run when it is over. Ctrl-C leaves the run alone and says how to come back to it."""
    from mlops_iac.cli.console import has_color
    from mlops_iac.cli.run_view import RunView, open_question
    from mlops_iac.runs.follow import RunEnded, StepChanged, follow
    from mlops_iac.runs.logs import LogLine

    ended = run
    try:
        steps = [step.name for step in opened.environment.pipelines[run.pipeline].steps]
        with RunView(live=not json and sys.stderr.isatty(), color=has_color(sys.stderr), steps=steps) as view:
            for change in follow(opened.environment, opened.clients, run.id, logs=logs and not json):
                if isinstance(change, RunEnded):
                    ended = change.run
                elif isinstance(change, StepChanged) and not json:
                    view.step(change.step)
                    if question := open_question(change.run, change.step):
                        view.text(f"  {change.step.name:<15} {question}")
                elif isinstance(change, LogLine):
                    view.text(f"    {change.writer} | {change.text}")
    except KeyboardInterrupt:
        again = f"mlops-iac runs {run.stack} {run.id}"
        raise Detached(
            "Detached.", f"Run {run.id} goes on.", hint=f"`{again} --follow` comes back, `{again} --stop` stops it."
        ) from None
    return ended


def conclude_run(opened: Opened, run: Run, *, json: bool, logs: bool = False) -> None:
    """Tell how a run ended, after its steps were told one by one (and with ``logs`` all that its jobs wrote).

    A run that did not succeed ends the command with code 1.
    """
    import typer

    from mlops_iac.cli.console import has_color, show, show_json
    from mlops_iac.cli.run_view import render_run

    if json:
        show_json(run.to_json())
        if run.status != "succeeded":
            raise typer.Exit(RunError.exit_code)
        return
    if run.status != "succeeded":
        raise failure(opened, run, logs=logs)
    show("\n" + render_run(run, color=has_color(sys.stdout), steps=False))


def failure(opened: Opened, run: Run, *, logs: bool = False) -> MlopsError:
    """Why it did not succeed, and what to do."""
    from mlops_iac.core.denials import explain_denial
    from mlops_iac.runs.logs import get_tail_error

    asked = next((step for step in run.steps if step.kind == "approval" and step is run.failed_step), None)
    if asked is not None and asked.status in ("refused", "timed-out"):
        return unanswered(opened, run, asked)
    if run.status == "refused":
        return refused(opened, run)
    if run.status == "stopped":
        return RunError("Run was stopped.", f"Run {run.id} of {run.stack} was stopped.", hint="start it again.")
    error = get_tail_error(opened.clients, run, [endpoint.name for endpoint in deployed_to(opened, run)], quiet=logs)
    serving = still_serving(opened, run)
    hint = explain_denial(error.detail) or error.hint
    return RunError(error.summary, f"{error.detail}\n{serving}" if serving else error.detail, hint=hint)


def deployed_to(opened: Opened, run: Run) -> list[Endpoint]:
    """The endpoints that the run's pipeline deploys to."""
    environment = opened.environment
    named = [step.facts.get("endpoint", "") for step in environment.pipelines[run.pipeline].steps]
    return [environment.endpoints[name] for name in dict.fromkeys(named) if name in environment.endpoints]


def still_serving(opened: Opened, run: Run) -> str:
    """What answers now, after a run that changed nothing; empty when its pipeline deploys to no endpoint."""
    from mlops_iac.runs.serving import find_served_run

    lines = []
    for endpoint in deployed_to(opened, run):
        served = find_served_run(opened.environment, opened.clients, endpoint)
        what = "still has no model" if served is None else f"keeps serving the model of run {served}"
        lines.append(f"Endpoint {endpoint.name} {what}.")
    return "\n".join(lines)


def unanswered(opened: Opened, run: Run, step: StepRun) -> RunError:
    """A person rejected it, or nobody answered in time."""
    serving = still_serving(opened, run)
    if step.answer is not None:
        detail = f"Step `{step.name}` was {step.answer}.\n{serving}".rstrip()
        return RunError("A person rejected the run.", detail, hint="start another when the reason is dealt with.")
    detail = f"Step `{step.name}` waited for a person, and nobody answered in time.\n{serving}".rstrip()
    hint = f"start it again, and answer: `mlops-iac approve {run.stack} RUN`, or raise the step's `max_hours`."
    return RunError("Nobody answered.", detail, hint=hint)


def refused(opened: Opened, run: Run) -> RunError:
    return RunError(
        "Gate refused the model.",
        f"{run.gate or run.error}.\n{still_serving(opened, run)}".rstrip(),
        hint="train a better model; its bounds stand under `gate`, in the stack file or in the pipeline's own.",
    )
