"""``mlops-iac approve``."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from mlops_iac.cli.auditing import write_down
from mlops_iac.cli.environments import open_environment
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, RunArgument, StackArgument

StepOption = Annotated[
    str | None, typer.Option("--step", metavar="NAME", help="The approval, where several wait at once.")
]
AsOption = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="NAME", help="On the embedded cloud: another person, to rehearse two; a user of its IAM."
    ),
]


def approve(
    stack: StackArgument,
    run: RunArgument,
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; kept with the run.")] = "",
    step: StepOption = None,
    as_: AsOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """Let a run go on that waits for a person.

    Where two people are needed (`approvals: two-person`), who started the run may not approve it.

    Example: mlops-iac approve screening-dev last --reason "figures checked with the clinic"
    """
    answer_run(stack, run, "approve", reason, step, cloud, json=json, as_=as_)


def answer_run(
    stack: str,
    run: str,
    verdict: Literal["approve", "reject"],
    reason: str,
    step: str | None,
    cloud: CloudName,
    *,
    json: bool,
    as_: str | None = None,
) -> None:
    """What `approve` and `reject` share: answer, and show the run as it is then."""
    from mlops_iac.cli.console import has_color, say, show, show_json
    from mlops_iac.cli.run_view import render_run
    from mlops_iac.runs.approvals import answer
    from mlops_iac.runs.audit import check_message
    from mlops_iac.runs.somebody_else import acting_as

    check_message(reason)
    opened = open_environment(stack, cloud)
    with acting_as(opened.clients, as_) as clients:
        answered = answer(opened.environment, clients, run, verdict, step=step, reason=reason)
    write_down(opened, verdict, answered.id, reason)
    opened.keep()
    if json:
        show_json(answered.to_json())
        return
    show(render_run(answered, color=has_color(sys.stdout)))
    if not answered.is_over:
        say(f"The run goes on. Next: mlops-iac runs watch {stack} {answered.id}")
