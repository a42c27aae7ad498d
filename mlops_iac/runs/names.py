"""Names of what a run creates. Everything starts with ``<stack>-<run>``; ARCHITECTURE.md has the contract."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import UsageError
from mlops_iac.core.run_names import NAME_LIMIT, execution_name, made_name, make_run_id
from mlops_iac.core.suggestions import did_you_mean

__all__ = [
    "NAME_LIMIT",
    "RUN_ID",
    "check_run_id",
    "execution_name",
    "find_run_id",
    "get_pipeline",
    "is_made_by_run",
    "made_name",
    "make_run_id",
    "moment_of",
    "names_of",
]

HASHED = re.compile(r"[0-9a-f]{4,16}(-\d{3}-[0-9a-f]{8})?")
"""What follows the stack where the run and the step are in a hash alone, and in names of such a job's trainings."""

RUN_ID = re.compile(r"\d{6}-\d{6}-[0-9a-f]{4}")


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
