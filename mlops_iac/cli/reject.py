"""``mlops-iac reject``."""

from __future__ import annotations

from typing import Annotated

import typer

from mlops_iac.cli.approve import StepOption, answer_run
from mlops_iac.cli.options import CloudName, CloudOption, JsonOption, RunArgument, StackArgument


def reject(
    stack: StackArgument,
    run: RunArgument,
    reason: Annotated[str, typer.Option("--reason", "-m", metavar="TEXT", help="Why; kept with the run.")],
    step: StepOption = None,
    cloud: CloudOption = CloudName.EMBEDDED,
    json: JsonOption = False,
) -> None:
    """End a run that waits for a person: nothing of it is deployed.

    Example: mlops-iac reject screening-dev last --reason "too few patients under 40"
    """
    answer_run(stack, run, "reject", reason, step, cloud, json=json)
