"""Buckets that a change would delete while S3's Object Lock keeps what is in them: the change would come half way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlops_iac.backends import Backend
    from mlops_iac.core.environment import Environment
    from mlops_iac.core.errors import PlanError
    from mlops_iac.engine.deciding.options import Options
    from mlops_iac.engine.event import Step
    from mlops_iac.runs.locks import Locked

BUCKET: Final = "aws:s3/bucket:Bucket"
STAYS: Final = frozenset({"create", "read", "refresh", "same", "update"})
"""What a step may do to a bucket that is there afterwards."""


def going(steps: Iterable[Step]) -> frozenset[str]:
    """Buckets that are deleted, or replaced, by their names."""
    return frozenset(
        str(step.old["id"])
        for step in steps
        if step.type == BUCKET and str(step.op) not in STAYS and step.old and step.old.get("id")
    )


def refuse_locked_of(backend: Backend, steps: Sequence[Step]) -> None:
    """For a preview: no cloud is asked where no bucket goes. Raises PlanError; who may not look is told so."""
    from mlops_iac.cli.console import say
    from mlops_iac.cli.leaving import deployed
    from mlops_iac.core.errors import CloudError

    buckets = going(steps)
    if not buckets:
        return
    try:
        locked = _look(backend, deployed(backend))
    except CloudError as error:
        say(f"Nobody looked whether something in {', '.join(sorted(buckets))} is locked: {error.detail}")
        return
    _refuse(backend.stack, buckets, locked)


def refuse_to_delete_locked(backend: Backend, options: Options, environment: Environment | None) -> None:
    """For an `up`: what it would do is asked only where something is locked, or where nobody can say. Raises
    PlanError."""
    from dataclasses import replace

    from mlops_iac.core.errors import CloudError

    locked: list[Locked] = []
    unknown: CloudError | None = None
    try:
        locked = _look(backend, environment)
    except CloudError as error:
        unknown = error
    if not locked and unknown is None:
        return
    result = backend.preview(options=replace(options, plan=None, refresh=False))
    buckets = going(result.steps)  # what else is wrong with it, the `up` tells
    if buckets and unknown is not None:
        raise unknown
    _refuse(backend.stack, buckets, locked)


def _look(backend: Backend, environment: Environment | None) -> list[Locked]:
    from mlops_iac.runs.locks import find_locked

    return find_locked(environment, backend.clients()) if environment else []


def _refuse(stack: str, buckets: frozenset[str], locked: Sequence[Locked]) -> None:
    held = [one for one in locked if one.bucket in buckets]
    if held:
        raise _refusal(stack, held)


def _refusal(stack: str, held: Sequence[Locked]) -> PlanError:
    from mlops_iac.core.errors import PlanError

    told = "\n".join(f"{one}, and this change would delete the bucket." for one in held)
    return PlanError(
        "Something is locked.",
        f"{told}\nNothing was changed.",
        hint=f"leave in {stack}'s stack file what makes the bucket, and take it out {free(held)}.",
    )


def free(held: Sequence[Locked]) -> str:
    """When nothing of it is locked any more."""
    ends: list[datetime | None] = [one.until for one in held]
    known = [end for end in ends if end is not None]
    return "when the holds are lifted" if len(known) < len(ends) else f"after {max(known):%Y-%m-%dT%H:%M:%SZ}"
