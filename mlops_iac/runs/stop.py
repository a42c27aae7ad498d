"""Stop a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.calls import calling
from mlops_iac.runs.history import get_run
from mlops_iac.runs.run import Run

LONGEST: Final = 10.0
"""Seconds that a run gets to stop before it is told as it is. Its last state may have to come to its end first."""

EVERY: Final = 0.2


def stop(environment: Environment, clients: Clients, run: str, *, sleep: Callable[[float], None] = time.sleep) -> Run:
    """Stop a run and the job it is at (Step Functions stops a job it waits for). A run that is over stays as it is."""
    current = get_run(environment, clients, run)
    if current.is_over:
        return current
    with calling("stepfunctions:StopExecution", current.id):
        clients("stepfunctions").stop_execution(executionArn=current.arn, error="Stopped", cause="by mlops-iac")
    for _ in range(round(LONGEST / EVERY)):
        current = get_run(environment, clients, current.id)
        if current.is_over:
            break
        sleep(EVERY)
    return current
