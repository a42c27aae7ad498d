"""Each step of each pipeline, each endpoint and each queue: what it has, what it takes, what would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.runs.advice.endpoints import advise_endpoints
from mlops_iac.runs.advice.one import Allowed, StepAdvice
from mlops_iac.runs.advice.queues import IdleQueue, find_idle_queues
from mlops_iac.runs.advice.steps import advise_steps
from mlops_iac.runs.advice.use import WINDOW
from mlops_iac.runs.clock import read_time
from mlops_iac.runs.serving import find_all_served
from mlops_iac.runs.spent import Idle, find_idle


@dataclass(frozen=True, kw_only=True)
class Advice:
    stack: str
    since: datetime
    steps: tuple[StepAdvice, ...] = ()
    endpoints: tuple[StepAdvice, ...] = ()
    idle: tuple[Idle, ...] = ()
    queues: tuple[IdleQueue, ...] = ()

    @property
    def saves_a_month(self) -> float:
        return sum(max(0.0, one.saves_a_month or 0.0) for one in (*self.steps, *self.endpoints))

    def to_json(self) -> dict[str, Any]:
        lists = {
            name: [one.to_json() for one in getattr(self, name)] for name in ("steps", "endpoints", "idle", "queues")
        }
        return {
            "stack": self.stack,
            "since": f"{self.since:%Y-%m-%d}",
            "saves_a_month": round(self.saves_a_month, 4),
            **lists,
        }


def read_advice(environment: Environment, clients: Clients, allowed: Allowed = lambda kind: True) -> Advice:
    """By what was published in the last two weeks. ``allowed``: types that the company allows. Raises CloudError."""
    now = read_time(environment, clients)
    since = now - WINDOW
    served = [*find_all_served(environment, clients)]
    return Advice(
        stack=environment.stack,
        since=since,
        steps=tuple(advise_steps(environment, clients, since, allowed)),
        endpoints=tuple(advise_endpoints(clients, served, since, now, allowed)),
        idle=tuple(find_idle(clients, served, now)),
        queues=tuple(find_idle_queues(environment, clients, now)),
    )
