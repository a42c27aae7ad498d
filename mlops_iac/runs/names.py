"""Names of what a run creates. Everything starts with ``<stack>-<run>``; ARCHITECTURE.md has the contract."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import did_you_mean

RUN_ID = re.compile(r"\d{6}-\d{6}-[0-9a-f]{4}")


def make_run_id(now: datetime | None = None) -> str:
    """``261121-081530-3fa2``: the moment in UTC and four random digits, so that ids sort by time."""
    now = (now or datetime.now(UTC)).astimezone(UTC)
    return f"{now:%y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def check_run_id(run: str) -> str:
    """The id without the stack's name that people may have copied with it. Raises UsageError."""
    match = RUN_ID.search(run)
    if match is None or not run.endswith(match[0]):
        raise UsageError(
            "Not a run.",
            f"`{run}` is not the id of a run; one looks like 261121-081530-3fa2.",
            hint="see `runs STACK`.",
        )
    return match[0]


def execution_name(stack: str, run: str) -> str:
    return f"{stack}-{run}"


def execution_arn(state_machine_arn: str, stack: str, run: str) -> str:
    """``…:stateMachine:NAME`` to ``…:execution:NAME:<stack>-<run>``, as Step Functions builds it."""
    head, _, machine = state_machine_arn.partition(":stateMachine:")
    return f"{head}:execution:{machine}:{execution_name(stack, run)}"


def find_run_id(stack: str, execution: str) -> str | None:
    """The run behind an execution's name; None when somebody started it in another way."""
    run = execution.removeprefix(f"{stack}-")
    return run if run != execution and RUN_ID.fullmatch(run) else None


def job_name(stack: str, run: str, step: str) -> str:
    return f"{stack}-{run}-{step}"


def get_pipeline(environment: Environment, name: str) -> Pipeline:
    """Raises UsageError with the nearest name."""
    pipelines = environment.pipelines
    if name not in pipelines:
        raise UsageError(
            "No such pipeline.",
            f"{environment.stack} has no pipeline `{name}`; it has: {', '.join(pipelines) or 'none'}.",
            hint=did_you_mean(name, pipelines),
        )
    return pipelines[name]
