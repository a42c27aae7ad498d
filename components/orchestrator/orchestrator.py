"""What every orchestrator is to a blueprint: something that is given a document, and the roles that do its work."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pulumi

from mlops_iac.components._kit import BoundaryRef, KeyRef, Named, NetworkRef, PipelineRef
from mlops_iac.components.identity import Role
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.suggestions import did_you_mean

__all__ = [
    "ORCHESTRATORS",
    "Orchestrator",
    "OrchestratorArgs",
    "SharedArgs",
    "endpoints_of",
    "make_orchestrator",
    "make_shared",
]

ORCHESTRATORS: Final[Mapping[str, str]] = {
    "airflow": "mlops_iac.components.orchestrator.airflow",
    "sagemaker-pipelines": "mlops_iac.components.orchestrator.sagemaker_pipelines",
    "step-functions": "mlops_iac.components.orchestrator.step_functions",
}
"""Target to the module whose ``orchestrate`` makes it. Sorted."""

Own = Mapping[str, pulumi.Input[str]]
"""What an orchestrator brings that a document must name, by the fields of a compiler's bindings."""


@dataclass(frozen=True, kw_only=True)
class OrchestratorArgs:
    """What a pipeline is run with, whoever runs it."""

    definition: Callable[[Own], pulumi.Output[str]]
    """The compiled document."""
    key: KeyRef | None = None
    """Encrypts what the orchestrator stores. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""
    pipeline: str = "training"
    """Its name. Left out: that of the pipeline which blueprints bring."""
    shared: Any = None
    """What `make_shared` made. Left out: the orchestrator shares nothing among pipelines."""
    maps: bool = False
    """Whether a step of the pipeline is a map over items."""
    deploys: bool = True
    """Whether a step puts a model into service, or asks which one is approved. Left out: it does."""
    tells: bool = False
    """Whether a step sends a message. Left out: none does."""
    queries: bool = False
    """Whether a step asks Athena. Left out: none does."""


@dataclass(frozen=True, kw_only=True)
class SharedArgs:
    """What is there once for all pipelines of a stack is made with."""

    network: NetworkRef
    """Where it runs, when it runs on machines of the stack."""
    key: KeyRef | None = None
    """Encrypts what it stores. Left out: AWS-owned encryption."""
    boundary: BoundaryRef | None = None
    """Boundary of the roles. Left out: none."""


class Orchestrator(Protocol):
    role: Role
    """Starts the jobs and registers the model."""
    deploy_role: Role
    """Puts the model into service; for some the same role."""
    tell_role: Role
    """Sends the messages of notify steps; for some the same role."""
    query_role: Role
    """Asks Athena; for some the same role."""
    notifies: bool
    """Whether its document tells the team itself when a run fails."""
    reads_items: bool
    """Whether it reads the list of a map itself, rather than the map's job."""
    looks_at_data: bool
    """Whether it looks into the lake itself before a job begins, to see that its data is there."""
    ref: PipelineRef

    def grant_start(self, role: Role) -> None:
        """Let a role start runs."""

    def grant_look(self, role: Role) -> None:
        """Let a role see which runs are under way."""


def make_orchestrator(target: str, place: Named, args: OrchestratorArgs) -> Orchestrator:
    """Raises BlueprintError for a target that no component runs."""
    made: Orchestrator = _module(target).orchestrate(place, args)
    return made


def make_shared(target: str, place: Named, args: SharedArgs) -> Any:
    """What an orchestrator has once for all pipelines of a stack, for `OrchestratorArgs`; None for one that has no such
    thing. Raises BlueprintError for a target that no component runs."""
    share = getattr(_module(target), "share", None)
    return share(place, args) if share else None


def endpoints_of(target: str, uses: Collection[str] = ()) -> tuple[str, ...]:
    """Interface endpoints that the network needs for an orchestrator which runs in it. ``uses``: kinds of what steps
    bind (``queues``), which its tasks call. Raises BlueprintError for a target that no component runs."""
    module = _module(target)
    found: tuple[str, ...] = getattr(module, "ENDPOINTS", ())
    more = (one for use, named in getattr(module, "ENDPOINTS_FOR", {}).items() if use in uses for one in named)
    return (*found, *more)


def _module(target: str) -> Any:
    module = ORCHESTRATORS.get(target)
    if module is None:
        hint = did_you_mean(target, ORCHESTRATORS)
        raise BlueprintError("Unknown orchestrator.", f"No component runs pipelines on `{target}`.", hint=hint)
    return importlib.import_module(module)
