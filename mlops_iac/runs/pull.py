"""What a run left, brought to this project for the orchestrator's own client."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import RunError
from mlops_iac.runs.history import get_run
from mlops_iac.runs.runners import runner_for


@dataclass(frozen=True, kw_only=True)
class Pulled:
    run: str
    tasks: int
    folder: str
    """The project's folder, below which they are."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def pull(environment: Environment, clients: Clients, root: Path, run: str) -> Pulled:
    """Raises RunError when there is no such run, UsageError when its orchestrator has no client that reads files."""
    found = get_run(environment, clients, run)
    runner = runner_for(environment, environment.pipelines[found.pipeline], clients)
    execution = runner.find(found.id)
    if execution is None:
        raise RunError("No such run.", f"{environment.stack} has no run `{found.id}`.", hint="see `runs STACK`.")
    return Pulled(run=found.id, tasks=runner.pull(execution, root), folder=str(root))
