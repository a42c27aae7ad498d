"""A deployed environment as a test sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.core.environment import Environment
from mlops_iac.engine.event import Result

if TYPE_CHECKING:
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.clients import Clients
    from mlops_iac.runs.record import Run


@dataclass(frozen=True)
class DeployedEnvironment:
    """One stack on the embedded cloud of this test session."""

    backend: EmbeddedBackend
    deployment: Result
    """What the `up` that made it came to."""

    @property
    def environment(self) -> Environment:
        return self.backend.environment()

    @property
    def clients(self) -> Clients:
        return self.backend.clients()

    def put(self, source: Path, zone: str = "raw") -> None:
        """Upload a file or a folder into a zone of the lake."""
        from mlops_iac.runs.data import put

        put(self.environment, self.clients, source, f"{zone}/")

    def run(self, pipeline: str = "training", parameters: Mapping[str, Any] | None = None) -> Run:
        """Run a pipeline to its end and answer how it went; a failed run is an answer, not an exception."""
        from mlops_iac.runs.follow import wait
        from mlops_iac.runs.start import start

        run = start(self.environment, self.clients, self.backend.root, pipeline, dict(parameters or {}))
        return wait(self.environment, self.clients, run)

    def predict(self, instances: list[Any]) -> list[Any]:
        """Ask the deployed model."""
        from mlops_iac.runs.predict import predict

        return predict(self.environment, self.clients, instances)

    def destroy(self) -> Result:
        """Destroy it to the last resource, what runs made included."""
        from mlops_iac.runs.drain import drain

        drain(self.environment, self.clients)
        result = self.backend.destroy()
        if result.outcome == "succeeded":
            self.backend.remove()
        return result
