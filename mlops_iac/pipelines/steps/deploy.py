"""A step that makes a registered model serve, and leaves the old one serving when the new one does not start."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from mlops_iac.core.errors import Problem
from mlops_iac.pipelines.names import JOB_NAME_LENGTH, Word
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.step import Bind, KeyOf, Made, Output, Read, Step
from mlops_iac.pipelines.strategy import AllAtOnce, AnyStrategy

MOST_LOOKS: Final = 720
"""Of one step at its endpoint: an hour's worth at every five seconds."""


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
    """How long the endpoint may take to start the new model, besides the waits of its strategy."""
    strategy: AnyStrategy = AllAtOnce()
    """How the requests come to the new model. Left out: all at once. An endpoint's first model has them all anyway."""

    def makes(self) -> Mapping[str, Output | Made]:
        return {"endpoint": "endpoint"}

    def reads(self) -> Iterator[Read]:
        yield Read("package", self.package, ("package",))

    def binds(self) -> Iterator[Bind]:
        yield Bind("endpoint", "endpoints", self.endpoint)

    @property
    def seconds(self) -> int:
        return self.max_seconds + self.strategy.seconds

    @property
    def look_seconds(self) -> int:
        """How often the endpoint is looked at in the end: a wait of hours is not looked at every few seconds, as an
        execution's history has its limits."""
        return max(self.poll_seconds, math.ceil(self.seconds / MOST_LOOKS))

    def misfits(self, bind: Bind, bound: Any) -> Iterator[Problem]:
        count = bound.variant.get("InitialInstanceCount", 1)
        scaled = bound.scaler_arn is not None
        if reason := self.strategy.find_misfit(bound.flavour, count, scaled=scaled):
            yield Problem(
                path=f"{self.name}.strategy",
                summary="The endpoint cannot be changed this way.",
                detail=f"Step `{self.name}` deploys by `{self.strategy.kind}` to the {bound.flavour} endpoint "
                f"`{self.endpoint}`. {reason}",
                hint="choose another strategy (`all-at-once` always works), or another flavour of endpoint.",
            )

    def facts(self, key_of: KeyOf) -> Mapping[str, Any]:
        beside = {"beside": self.strategy.beside} if self.strategy.beside else {}
        return {"endpoint": self.endpoint, "name_limit": JOB_NAME_LENGTH, **beside}
