"""What every orchestrator is to a blueprint: something that is given a document, and the roles that do its work."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pulumi

from mlops_iac.components._kit import BoundaryRef, KeyRef, Named, PipelineRef
from mlops_iac.components.identity import Role
from mlops_iac.core.errors import BlueprintError
from mlops_iac.core.suggestions import did_you_mean

__all__ = ["ORCHESTRATORS", "Orchestrator", "OrchestratorArgs", "make_orchestrator"]

ORCHESTRATORS: Final[Mapping[str, str]] = {
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
    maps: bool = False
    """Whether a step of the pipeline is a map over items."""
    deploys: bool = True
    """Whether a step puts a model into service, or asks which one is approved. Left out: it does."""


class Orchestrator(Protocol):
    role: Role
    """Starts the jobs and registers the model."""
    deploy_role: Role
    """Puts the model into service; for some the same role."""
    notifies: bool
    """Whether its document tells the team itself when a run fails."""
    reads_items: bool
    """Whether it reads the list of a map itself, rather than the map's job."""
    ref: PipelineRef

    def grant_start(self, role: Role) -> None:
        """Let a role start runs."""

    def grant_look(self, role: Role) -> None:
        """Let a role see which runs are under way."""


def make_orchestrator(target: str, place: Named, args: OrchestratorArgs) -> Orchestrator:
    """Raises BlueprintError for a target that no component runs."""
    module = ORCHESTRATORS.get(target)
    if module is None:
        hint = did_you_mean(target, ORCHESTRATORS)
        raise BlueprintError("Unknown orchestrator.", f"No component runs pipelines on `{target}`.", hint=hint)
    found: Any = importlib.import_module(module)
    made: Orchestrator = found.orchestrate(place, args)
    return made
