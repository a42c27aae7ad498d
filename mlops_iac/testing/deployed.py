"""A deployed environment as a test sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.core.environment import Environment
from mlops_iac.engine.event import Result

if TYPE_CHECKING:
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.clients import Clients
    from mlops_iac.runs.run import Run


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

        for _ in put(self.environment, self.clients, source, f"{zone}/"):
            pass

    def run(self, pipeline: str = "training", parameters: Mapping[str, Any] | None = None) -> Run:
        """Run a pipeline to its end and answer how it went; a failed run is an answer, not an exception."""
        from mlops_iac.runs.follow import RunEnded, follow
        from mlops_iac.runs.start import start

        run = start(self.environment, self.clients, self.backend.root, pipeline, dict(parameters or {}))
        for change in follow(self.environment, self.clients, run.id):
            if isinstance(change, RunEnded):
                run = change.run
        return run

    def predict(self, instances: list[Any]) -> Any:
        """Ask the deployed model; rows as lists of values or as mappings with feature names."""
        from mlops_iac.runs.predict import predict

        body = json.dumps({"instances": instances}).encode()
        return predict(self.environment, self.clients, body).value

    def destroy(self) -> Result:
        """Destroy it to the last resource, what runs made included."""
        from mlops_iac.runs.drain import drain

        drain(self.environment, self.clients)
        result = self.backend.destroy()
        if result.outcome == "succeeded":
            self.backend.remove()
        return result
