"""A deployed environment as a test sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Result

if TYPE_CHECKING:
    from mlops_iac.backends.embedded import EmbeddedBackend
    from mlops_iac.clients import Clients
    from mlops_iac.runs.run import Run


def bring_up(backend: EmbeddedBackend) -> DeployedEnvironment:
    """`up`. Raises what is wrong with the stack's file, or CloudError that names each resource that failed, and why."""
    result = backend.up()
    check(result, f"{backend.stack} did not come up.")
    return DeployedEnvironment(backend, result)


def check(result: Result, summary: str) -> None:
    """Raise what an operation stumbled over, if it did."""
    if result.failures:
        raise CloudError(summary, "\n".join(f"{failed.step.name}: {failed.error}" for failed in result.failures))
    if result.error is not None:
        raise result.error
    if result.outcome != "succeeded":
        raise CloudError(summary, f"It was {result.outcome}.")


@dataclass(frozen=True)
class DeployedEnvironment:
    """One stack on the embedded cloud of this test session."""

    backend: EmbeddedBackend
    deployment: Result
    """What the `up` that made it came to: its steps, its seconds."""

    @property
    def environment(self) -> Environment:
        """What it offers: its outputs, typed."""
        return self.backend.environment()

    @property
    def clients(self) -> Clients:
        """boto3 clients of the embedded cloud: ``clients("s3").list_buckets()``."""
        return self.backend.clients()

    @property
    def is_protected(self) -> bool:
        """Whether something in it may not be deleted, as what holds data in `prod`."""
        return any(record.protect for record in self.backend.store.get(self.backend.stack).records.values())

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

    def predict(
        self,
        data: list[Any] | Path | str | bytes,
        *,
        content_type: str | None = None,
        accept: str = "application/json",
        endpoint: str | None = None,
    ) -> Any:
        """Ask the deployed model, as ``mlops-iac predict`` does.

        Rows as lists of values or as mappings with feature names go out as ``{"instances": …}``; a file, text or bytes
        go out as they are, with ``content_type`` or the one that the file's name says (text: JSON). Raises RunError
        when no run has deployed a model yet.
        """
        from mlops_iac.runs.predict import JSON, content_type_of, predict

        kind = content_type or (content_type_of(data) if isinstance(data, Path) else JSON)
        if isinstance(data, list):
            body = json.dumps({"instances": data}).encode()
        elif isinstance(data, Path):
            body = data.read_bytes()
        else:
            body = data.encode() if isinstance(data, str) else data
        return predict(self.environment, self.clients, body, kind, accept=accept, endpoint=endpoint).value

    def destroy(self) -> Result:
        """Destroy it to the last resource, what runs made included.

        Raises PlanError, with nothing deleted, when something in it is protected; CloudError when the cloud refuses.
        """
        from mlops_iac.runs.drain import drain

        check(self.backend.destroy(preview=True), f"{self.backend.stack} cannot be destroyed.")
        drain(self.environment, self.clients)
        result = self.backend.destroy()
        check(result, f"{self.backend.stack} was not destroyed.")
        self.backend.remove()
        return result
