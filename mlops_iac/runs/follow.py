"""A run as it goes: what changed since the last look, until it is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.runs.calls import is_throttled
from mlops_iac.runs.history import get_run
from mlops_iac.runs.logs import JobLog, LogLine, job_log
from mlops_iac.runs.run import Run, StepRun

EVERY_EMBEDDED = 0.4
"""Seconds between two looks at the embedded cloud."""
EVERY_AWS = 5.0
LONGEST_WAIT = 60.0
"""Seconds between two looks, at most, while AWS asks us to call less."""


@dataclass(frozen=True)
class StepChanged:
    """A step has a new status."""

    step: StepRun
    run: Run


@dataclass(frozen=True)
class RunEnded:
    run: Run


@dataclass(frozen=True)
class Looked:
    """Nothing has changed; time has passed. For views that show a clock."""

    run: Run


Change = StepChanged | LogLine | Looked | RunEnded


def follow(
    environment: Environment,
    clients: Clients,
    run: str,
    *,
    logs: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Change]:
    """Changes of a run from its beginning, ending with `RunEnded`. Leaving the loop leaves the run alone.

    ``logs`` adds the lines of its jobs. Raises what `get_run` raises; a cloud that asks for fewer calls gets them.
    """
    every = wait = EVERY_EMBEDDED if clients.embedded else EVERY_AWS
    known: dict[str, tuple[str, int]] = {}
    readers: dict[str, JobLog] = {}
    while True:
        try:
            current = get_run(environment, clients, run)
            lines = list(read_new_lines(clients, current, readers)) if logs else []
            wait = every
        except CloudError as error:
            if not is_throttled(error):
                raise
            wait = min(wait * 2, LONGEST_WAIT)
            sleep(wait)
            continue
        for step in current.steps:
            if (step.status, step.attempts) != known.get(step.name, ("waiting", 1)) and step.status != "skipped":
                known[step.name] = step.status, step.attempts
                yield StepChanged(step, current)
        yield from lines
        if current.is_over:
            yield RunEnded(current)
            return
        yield Looked(current)
        sleep(wait)


def read_new_lines(clients: Clients, run: Run, readers: dict[str, JobLog]) -> Iterator[LogLine]:
    """New lines of steps that run, and the last ones of steps that have just ended."""
    for step in run.steps:
        if step.job is None or step.started is None:
            continue
        reader = readers.setdefault(step.name, job_log(clients, step))
        yield from reader.read_on()
