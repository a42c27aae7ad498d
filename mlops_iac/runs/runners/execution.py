"""What goes between the commands and an orchestrator: an order, a run as it is known there, its steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlops_iac.core.approvals import Answer
from mlops_iac.core.environment import Pipeline
from mlops_iac.core.errors import UsageError
from mlops_iac.pipelines.order import Order
from mlops_iac.runs.run import RunStatus, StepRun, Verdict

__all__ = ["Execution", "History", "Listed", "Order", "TakeOver", "nothing_to_pull"]

TakeOver = Callable[[Collection[str]], None]
"""Makes what some steps of one run made into that of another."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One run, in the orchestrator's own words where they are words."""

    run: str
    handle: str
    """What the orchestrator knows it by: its ARN."""
    status: RunStatus
    started: datetime
    ended: datetime | None = None
    code: str = ""
    """Sha of the packed code."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """As in the order."""
    reused: tuple[str, ...] = ()
    """Steps whose work was taken over from a run before."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Step to the run in whose folders lies what it makes, where that is a run before."""
    error: str = ""
    """Why it ended other than well."""
    answer: Answer | None = None
    """What the person said who ended it."""
    verdict: Verdict | None = None
    """What a refusing gate said, where the orchestrator tells; the evaluation's file tells otherwise."""


def nothing_to_pull(pipeline: Pipeline) -> UsageError:
    """What there is to say where files lie in the lake and nowhere else."""
    detail = f"`{pipeline.name}` runs on {pipeline.target}; what its runs make lies in the lake."
    return UsageError("There is nothing to pull.", detail, hint="`mlops-iac data get STACK PLACE TARGET` brings files.")


@dataclass(frozen=True)
class Listed:
    """A run as a list names it."""

    run: str
    handle: str


@dataclass(frozen=True, kw_only=True)
class History:
    steps: tuple[StepRun, ...]
    """In the pipeline's order."""
    model_package_arn: str | None = None
    left: Mapping[str, Any] = field(default_factory=dict)
    """Step with a cache to what it left to later steps, for a run that takes it over."""
