"""Stop a run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.history import get_run
from mlops_iac.runs.run import Run
from mlops_iac.runs.runners import runner_for

LONGEST: Final = 10.0
"""Seconds that a run gets to stop before it is told as it is. Its last state may have to come to its end first."""

EVERY: Final = 0.2


def stop(
    environment: Environment, clients: Clients, run: str, *, sleep: Callable[[float], None] = time.sleep
) -> tuple[Run, bool]:
    """Stop a run and the job it is at; answers it, and whether it was over before and stays as it was."""
    current = get_run(environment, clients, run)
    if current.is_over:
        return current, True
    runner = runner_for(environment, environment.pipelines[current.pipeline], clients)
    execution = runner.find(current.id)
    if execution is not None:
        runner.stop(execution, "by mlops-iac")
    for _ in range(round(LONGEST / EVERY)):
        current = get_run(environment, clients, current.id)
        if current.is_over:
            break
        sleep(EVERY)
    return current, False
