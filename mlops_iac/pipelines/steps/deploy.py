"""A step that makes a registered model serve, and leaves the old one serving when the new one does not start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from mlops_iac.pipelines.names import JOB_NAME_LENGTH, Word
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.step import Bind, KeyOf, Made, Output, Read, Step


class DeployStep(Step):
    """Creates the endpoint with its first model, updates it with every later one."""

    kind: ClassVar[str] = "deploy"

    package: FromStep
    """The registered model."""
    endpoint: Word = "main"
    """By its name in the environment."""
    poll_seconds: int = Field(default=5, ge=1, le=300)
    """How often the endpoint is looked at."""
    max_seconds: int = Field(default=1800, ge=60, le=4 * 3600)
    """How long the endpoint may take to serve the new model."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"endpoint": "endpoint"}

    def reads(self) -> Iterator[Read]:
        yield Read("package", self.package, ("package",))

    def binds(self) -> Iterator[Bind]:
        yield Bind("endpoint", "endpoints", self.endpoint)

    @property
    def seconds(self) -> int:
        return self.max_seconds

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        return {"endpoint": self.endpoint, "name_limit": JOB_NAME_LENGTH}
