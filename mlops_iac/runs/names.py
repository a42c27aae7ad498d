"""Names of what a run creates. Everything starts with ``<stack>-<run>``; ARCHITECTURE.md has the contract."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import UTC, datetime
from typing import Final

from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import UsageError
from mlops_iac.core.suggestions import did_you_mean

NAME_LIMIT: Final = "name_limit"
"""The fact by which a step says that it makes something with a name."""

DIGEST: Final = 7
"""Hexadecimal digits at the end of a name that had to be cut."""

HASHED = re.compile(r"[0-9a-f]{4,16}(-\d{3}-[0-9a-f]{8})?")
"""What follows the stack where the run and the step are in a hash alone, and in names of such a job's trainings."""

RUN_ID = re.compile(r"\d{6}-\d{6}-[0-9a-f]{4}")


def make_run_id(now: datetime | None = None) -> str:
    """``261121-081530-3fa2``: the moment in UTC and four random digits, so that ids sort by time."""
    now = (now or datetime.now(UTC)).astimezone(UTC)
    return f"{now:%y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def moment_of(run: str) -> datetime:
    """When a run was started, as its id tells."""
    return datetime.strptime(run[:13], "%y%m%d-%H%M%S").replace(tzinfo=UTC)


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


def find_run_id(stack: str, execution: str) -> str | None:
    """The run behind an execution's name; None when somebody started it in another way."""
    run = execution.removeprefix(f"{stack}-")
    return run if run != execution and RUN_ID.fullmatch(run) else None


def is_made_by_run(stack: str, name: str) -> bool:
    """Whether a name is one that a run of this stack gives: ``<stack>-<run>-<step>``, or the stack and a hash of that.
    A stack whose name merely begins like ours has something else there; whoever deletes compares the tag too."""
    rest = name.removeprefix(f"{stack}-")
    return rest != name and (RUN_ID.match(rest) is not None or HASHED.fullmatch(rest) is not None)


def names_of(stack: str, run: str, pipeline: Pipeline) -> dict[str, str]:
    """Step to the name of what it makes in a run, for every step that says how long such a name may be."""
    return {
        step.name: made_name(stack, run, step.name, step.facts[NAME_LIMIT])
        for step in pipeline.steps
        if NAME_LIMIT in step.facts
    }


def made_name(stack: str, run: str, step: str, limit: int) -> str:
    """``<stack>-<run>-<step>``. One that is too long ends in a hash of it, and where a service takes few characters
    (a tuning job: 32) the run and the step are in the hash alone; the stack's name is always whole."""
    full = f"{stack}-{run}-{step}"
    if len(full) <= limit:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()
    room = limit - len(f"{stack}-{run}-") - DIGEST - 1
    if room > 0:
        return f"{stack}-{run}-{step[:room].rstrip('-')}-{digest[:DIGEST]}"
    return f"{stack}-{digest[: min(16, limit - len(stack) - 1)]}"


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
