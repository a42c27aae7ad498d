"""How runs are started and followed, one room per orchestrator. Adding one is a module here and a line in the table."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from mlops_iac.clients import Clients
from mlops_iac.core.approvals import Answer
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import RunError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.runners.execution import Execution, History, Listed, Order, TakeOver

RUNNERS: Final[Mapping[str, str]] = {
    "airflow": "mlops_iac.runs.runners.airflow",
    "metaflow": "mlops_iac.runs.runners.metaflow",
    "sagemaker-pipelines": "mlops_iac.runs.runners.sagemaker_pipelines",
    "step-functions": "mlops_iac.runs.runners.step_functions",
}
"""Target to the module that has its ``Runner``. Sorted."""


class Runner(Protocol):
    """What an orchestrator does with the runs of one pipeline."""

    most_evaluation: int
    """Bytes of an evaluation file that its gates can read."""
    started_by: tuple[str, str] | None
    """The call by which a run starts, as CloudTrail names it, and the parameter that holds the execution's name. None
    where runs start by something that CloudTrail does not tell apart."""
    takes_over: bool
    """Whether its runs are told when they start what they take over of runs before (`mlops_iac.runs.reuse`)."""

    def __init__(self, environment: Environment, pipeline: Pipeline, clients: Clients) -> None: ...

    def check(self, order: Order) -> None:
        """Raise UsageError for an order that this orchestrator cannot take; asks no cloud."""

    def start(self, order: Order) -> Execution: ...

    def runs(self, *, running: bool = False) -> Iterator[Execution]:
        """Runs newest first, read page by page; those that nobody started through us are left out."""

    def listed(self, *, page: int = 100) -> Iterator[Listed]:
        """The same runs, newest first, with nothing asked about each; ``page`` are asked for at a time."""

    def describe(self, listed: Sequence[Listed]) -> list[Execution | None]:
        """Those of the list, in its order; None for one that is gone meanwhile."""

    def find(self, run: str) -> Execution | None:
        """One run by its id; None when this pipeline has none."""

    def read_history(self, execution: Execution) -> History:
        """How far a run's steps are, and what they made."""

    def answer(self, token: str, answer: Answer) -> None:
        """Let the step that holds the token go on, or end its run."""

    def stop(self, execution: Execution, why: str) -> None:
        """Stop a run and the job it is at."""

    def retry(self, execution: Execution, step: str, order: Order, take_over: TakeOver) -> Execution:
        """Do a step of a run that is over again, and what follows; what went well before is taken over.

        The answer is the same run where the orchestrator goes on with it. Elsewhere it is the order's, a new one, and
        ``take_over`` is called with the steps whose work that one needs, before it starts. Raises UsageError for a step
        that cannot be begun at.
        """

    def pull(self, execution: Execution, folder: Path) -> int:
        """Bring what a run's tasks left to where the orchestrator's own client reads it, below a project's folder;
        answers how many tasks. Raises UsageError where there is no such client."""

    def undeploy(self) -> int:
        """Delete what was deployed to run this pipeline and is no resource of the stack; answers how much it was."""

    def owns(self, name: str) -> bool:
        """Whether this orchestrator gives names like this to what its runs make; the stack's tag must agree."""


def runner_for(environment: Environment, pipeline: Pipeline, clients: Clients) -> Runner:
    """Raises RunError for a pipeline whose target is not known here."""
    module = RUNNERS.get(pipeline.target)
    if module is None:
        detail = f"Pipeline `{pipeline.name}` of {environment.stack} runs on `{pipeline.target}`."
        raise RunError("Unknown orchestrator.", detail, hint=did_you_mean(pipeline.target, RUNNERS))
    made: Runner = importlib.import_module(module).Runner(environment, pipeline, clients)
    return made


def runners(environment: Environment, clients: Clients) -> Iterator[Runner]:
    """One for each of the environment's pipelines."""
    for pipeline in environment.pipelines.values():
        yield runner_for(environment, pipeline, clients)
