"""One run with all that is known of it: what the orchestrator tells, and what was recorded when it started."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.cost import Cost, read_cost
from mlops_iac.runs.history import get_run
from mlops_iac.runs.record import RunRecord, find_record
from mlops_iac.runs.run import Run
from mlops_iac.runs.serving import NOWHERE, Behind, runs_behind
from mlops_iac.runs.tracking import find_tracking


@dataclass(frozen=True, kw_only=True)
class Details:
    run: Run
    record: RunRecord | None
    """None for a run that was started by something else than `mlops-iac run`."""
    cost: Cost = field(default_factory=Cost)
    behind: Behind = NOWHERE
    """Endpoints that its model serves on, or is a shadow of."""
    tracking: dict[str, Any] | None = None
    """Where the run was logged; empty when it is not yet, None where runs are logged nowhere."""

    def to_json(self) -> dict[str, Any]:
        """The run, and beside its own keys ``record``, ``cost``, ``tracking``, ``serves`` and ``shadows``."""
        record = asdict(self.record) if self.record else None
        more = {"record": record, "cost": self.cost.to_json(), "tracking": self.tracking}
        return {**self.run.to_json(), **more, **self.behind.to_json()}


def get_details(environment: Environment, clients: Clients, run: str) -> Details:
    """Raises what `get_run` raises."""
    found = get_run(environment, clients, run)
    return Details(
        run=found,
        record=find_record(environment, clients, found.id),
        cost=read_cost(clients, found),
        behind=runs_behind(environment, clients).get(found.id, NOWHERE),
        tracking=find_tracking(environment, clients, found.id),
    )
