"""How an endpoint comes from the model that it serves to a new one.

Shares and waits are SageMaker's: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeploymentConfig.html.
What a flavour cannot do: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html (no guardrails for
serverless endpoints), https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html, and the exclusions
of https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from mlops_iac.pipelines.model import PipelineModel

MOST_SECONDS: Final = 28800
"""What SageMaker gives a deployment at most: eight hours."""
LEAST_SECONDS: Final = 600
"""The smallest value of MaximumExecutionTimeoutInSeconds."""


class Strategy(PipelineModel):
    """What all strategies answer."""

    refused: ClassVar[Mapping[str, str]] = {}
    """Flavour of endpoint that cannot do it, to the reason."""
    beside: ClassVar[str] = ""
    """The variant that the new model is, where the one before goes on serving beside it."""

    @property
    def seconds(self) -> int:
        """How long its waits take together."""
        return 0

    def deployment(self, seconds: int) -> dict[str, Any]:
        """SageMaker's DeploymentConfig without alarms; ``seconds`` is what the step takes at most."""
        return {}

    def find_misfit(self, flavour: str, instances: int, *, scaled: bool = False) -> str:
        """Why an endpoint cannot do it; empty when it can. ``scaled``: the number of its instances changes."""
        return self.refused.get(flavour, "")


SERVERLESS: Final = {
    "serverless": "SageMaker shifts traffic between instances, and a serverless endpoint has none; it changes all at "
    "once, and keeps the old model when the new one does not start."
}


class AllAtOnce(Strategy):
    """The new model gets all requests as soon as it answers."""

    kind: Literal["all-at-once"] = Field(
        default="all-at-once", description="All requests go to the new model as soon as it answers."
    )


class _Guarded(Strategy):
    """A share of the traffic, a bake under the endpoint's alarms, and more."""

    refused: ClassVar[Mapping[str, str]] = SERVERLESS
    least: ClassVar[int] = 1
    """Percent that a step is at least."""

    percent: int | None = Field(
        default=None,
        ge=1,
        le=50,
        description="Part of the instances that a step is, in percent. Left out: see instances; 10 when that is left "
        "out too.",
    )
    instances: int | None = Field(
        default=None, ge=1, description="The same as a number of instances; at most half of the endpoint's."
    )
    bake_minutes: int = Field(
        default=10, ge=0, le=60, description="How long the alarms are watched after each step, in minutes."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.percent is not None and self.instances is not None:
            raise ValueError("say only one of `percent` and `instances`")
        if self.percent is not None and self.percent < self.least:
            raise ValueError(f"`percent` is {self.percent}; it may be {self.least} to 50")
        if self.seconds + LEAST_SECONDS > MOST_SECONDS:
            hours = self.seconds / 3600
            raise ValueError(f"its waits take {hours:.1f} hours; with the start SageMaker gives 8: take larger steps")
        return self

    @property
    def size(self) -> dict[str, Any]:
        """SageMaker's CapacitySize."""
        if self.instances is not None:
            return {"Type": "INSTANCE_COUNT", "Value": self.instances}
        return {"Type": "CAPACITY_PERCENT", "Value": self.percent or 10}

    @property
    def steps(self) -> int:
        """How many steps there are at most: of a number of instances, the smallest that SageMaker allows."""
        return math.ceil(100 / (self.percent or (self.least if self.instances else 10)))

    def find_misfit(self, flavour: str, instances: int, *, scaled: bool = False) -> str:
        if reason := super().find_misfit(flavour, instances, scaled=scaled):
            return reason
        if self.instances is None:
            return ""
        if scaled:
            return "A scaled endpoint has not always the same number of instances: say `percent`, not `instances`."
        percent = 100 * self.instances / instances
        if self.least <= percent <= 50:
            return ""
        return f"{self.instances} of {instances} instances are {percent:g} percent; a step may be {self.least} to 50."

    def _timeout(self, seconds: int) -> int:
        return min(max(seconds, LEAST_SECONDS), MOST_SECONDS)


class _BlueGreen(_Guarded):
    routing: ClassVar[str]
    step: ClassVar[str]

    keep_minutes: int = Field(
        default=0,
        ge=0,
        le=60,
        description="How long the old instances are kept, and alarms watched, after the last step, in minutes.",
    )

    def deployment(self, seconds: int) -> dict[str, Any]:
        traffic = {"Type": self.routing, "WaitIntervalInSeconds": 60 * self.bake_minutes, self.step: self.size}
        policy = {
            "TrafficRoutingConfiguration": traffic,
            "TerminationWaitInSeconds": 60 * self.keep_minutes,
            "MaximumExecutionTimeoutInSeconds": self._timeout(seconds),
        }
        return {"BlueGreenUpdatePolicy": policy}


class Canary(_BlueGreen):
    """The new model gets a small part of the requests first, then all."""

    routing: ClassVar[str] = "CANARY"
    step: ClassVar[str] = "CanarySize"

    kind: Literal["canary"] = Field(description="A part of the requests goes to the new model first, then all.")

    @property
    def seconds(self) -> int:
        return 60 * (self.bake_minutes + self.keep_minutes)


class Linear(_BlueGreen):
    """The new model gets more of the requests step by step."""

    routing: ClassVar[str] = "LINEAR"
    step: ClassVar[str] = "LinearStepSize"
    least: ClassVar[int] = 10

    kind: Literal["linear"] = Field(description="More and more requests go to the new model, step by step.")

    @property
    def seconds(self) -> int:
        return 60 * ((self.steps - 1) * self.bake_minutes + self.keep_minutes)


class Rolling(_Guarded):
    """Instances are replaced in batches, so that no second set of them is paid for."""

    least: ClassVar[int] = 5

    kind: Literal["rolling"] = Field(description="Instances are replaced in batches.")

    @property
    def seconds(self) -> int:
        return 60 * self.steps * self.bake_minutes

    def deployment(self, seconds: int) -> dict[str, Any]:
        policy = {
            "MaximumBatchSize": self.size,
            "WaitIntervalInSeconds": 60 * self.bake_minutes,
            "MaximumExecutionTimeoutInSeconds": self._timeout(seconds),
        }
        return {"RollingUpdatePolicy": policy}


class Shadow(Strategy):
    """The model that serves goes on; the new one gets a copy of its requests, and its answers go nowhere."""

    refused: ClassVar[Mapping[str, str]] = {
        "serverless": "SageMaker has no shadow variants for serverless endpoints.",
        "async": "SageMaker has no shadow variants for asynchronous endpoints.",
    }
    beside: ClassVar[str] = "shadow"

    kind: Literal["shadow"] = Field(description="The new model gets copies of requests; the old one answers.")
    percent: int = Field(default=100, ge=1, le=100, description="Part of the requests that is copied, in percent.")


class Weights(Strategy):
    """The model that serves and the new one answer side by side, each a part of the requests: an A/B test."""

    refused: ClassVar[Mapping[str, str]] = {
        "serverless": "A serverless endpoint has one production variant.",
    }
    beside: ClassVar[str] = "challenger"

    kind: Literal["weights"] = Field(description="Both models answer, each its share.")
    percent: int = Field(
        default=50, ge=1, le=99, description="Part of the requests that the new model answers, in percent."
    )

    def find_misfit(self, flavour: str, instances: int, *, scaled: bool = False) -> str:
        if scaled:
            return "Scaling follows one variant, and an A/B test has two: end it by another strategy, or scale later."
        return super().find_misfit(flavour, instances)


AnyStrategy = Annotated[AllAtOnce | Canary | Linear | Rolling | Shadow | Weights, Field(discriminator="kind")]


def find_refusal(kind: object, flavour: str) -> str:
    """Why no endpoint of a flavour can do a kind of strategy; empty when one can, and for what is no kind."""
    for strategy in (AllAtOnce, Canary, Linear, Rolling, Shadow, Weights):
        if kind in get_args(strategy.model_fields["kind"].annotation):
            return strategy.refused.get(flavour, "")
    return ""
