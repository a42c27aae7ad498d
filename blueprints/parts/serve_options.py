"""What a team may say about how its model serves."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from mlops_iac.blueprints.parts.training_options import InstanceType
from mlops_iac.config.section import Section
from mlops_iac.core.instance_types import is_burstable
from mlops_iac.pipelines.strategy import AllAtOnce, AnyStrategy, find_refusal

STRATEGY = (
    "How requests come to a new model: all-at-once, canary, linear, rolling, shadow or weights, as `kind`. A step of a "
    "pipeline of your own may say another."
)


class Scaling(Section):
    """Application Auto Scaling, which takes effect when it is deployed, at an endpoint that serves."""

    at_least: int
    at_most: int = Field(ge=1, le=100, description="Instances at the busiest.")
    in_cooldown_seconds: int
    out_cooldown_seconds: int = Field(
        default=300, ge=0, le=3600, description="Seconds between two steps up. 300 is AWS's own default."
    )

    @field_validator("at_most")
    @classmethod
    def _check_bounds(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("at_least", 0):
            raise ValueError(f"it is {value}, less than `at_least`, which is {info.data['at_least']}")
        return value


class RequestScaling(Scaling):
    at_least: int = Field(
        default=2, ge=1, le=100, description="Instances in quiet times; two or more survive the loss of a zone."
    )
    in_cooldown_seconds: int = Field(
        default=300, ge=0, le=3600, description="Seconds between two steps down. 300 is AWS's own default."
    )
    requests_per_minute: int = Field(
        default=300,
        ge=1,
        le=1_000_000,
        description="Requests a minute that each instance should get. AWS's rule is half of what one can answer; 300 "
        "is that for ten a second. Measure yours.",
    )


class ConcurrencyScaling(Scaling):
    at_least: int = Field(default=1, ge=1, le=200, description="Requests at the same time in quiet times.")
    at_most: int = Field(ge=1, le=200, description="At the busiest; `max_concurrency` at most.")
    in_cooldown_seconds: int = Field(default=300, ge=0, le=3600, description="Seconds between two steps down.")
    busy_percent: int = Field(
        default=70, ge=10, le=90, description="How much of what is awake should be busy, in percent."
    )


class Serverless(Section):
    flavour: Literal["serverless"] = Field(
        description="Scales to zero: costs nothing while nobody asks. An endpoint that is realtime cannot become "
        "serverless: it serves on until it is deleted by hand."
    )
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = Field(
        default=2048, description="Memory for the model, in MB."
    )
    max_concurrency: int = Field(default=5, ge=1, le=200, description="Requests answered at the same time, at most.")
    provisioned_concurrency: int | None = Field(
        default=None,
        ge=1,
        le=200,
        description="Requests at the same time for which it stays awake, so that none of them waits for a start; "
        "billed by the second, asked or not. Left out: it sleeps while nobody asks.",
    )
    scaling: ConcurrencyScaling | None = Field(
        default=None,
        description="As much awake as the requests need, instead of `provisioned_concurrency`. Left out: always that "
        "many.",
    )
    strategy: AllAtOnce = Field(default=AllAtOnce(), description="A serverless endpoint changes `all-at-once`.")

    @model_validator(mode="after")
    def _check_awake(self) -> Self:
        if self.scaling is not None and self.provisioned_concurrency is not None:
            raise ValueError("`scaling` says how much is awake at least: leave `provisioned_concurrency` out")
        if self.scaling is not None and self.scaling.at_most > self.max_concurrency:
            most = self.scaling.at_most
            raise ValueError(
                f"`scaling.at_most` is {most}, more than `max_concurrency`, which is {self.max_concurrency}"
            )
        if (self.provisioned_concurrency or 0) > self.max_concurrency:
            awake = self.provisioned_concurrency
            raise ValueError(
                f"`provisioned_concurrency` is {awake}, more than `max_concurrency`, which is {self.max_concurrency}"
            )
        return self

    @field_validator("strategy", mode="before")
    @classmethod
    def _check_strategy(cls, value: Any) -> Any:
        kind = value.get("kind") if isinstance(value, dict) else None
        if reason := find_refusal(kind, "serverless"):
            raise ValueError(f"`{kind}` is not possible. {reason}")
        return value


class BacklogScaling(Scaling):
    at_least: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Instances while nobody asks. 0 costs nothing, and the first request then waits some minutes.",
    )
    in_cooldown_seconds: int = Field(default=600, ge=0, le=3600, description="Seconds between two steps down.")
    waiting_per_instance: int = Field(
        default=5, ge=1, le=10_000, description="Requests that wait for each instance. 5 is AWS's example."
    )


class _Instances(Section):
    instance_type: InstanceType = Field(default="ml.m5.large", description="SageMaker instance type.")
    instance_count: int = Field(
        default=2, ge=1, le=20, description="Instances; two or more survive the loss of a zone."
    )
    scaling: Any = None
    strategy: AnyStrategy = Field(default=AllAtOnce(), description=STRATEGY)

    @field_validator("scaling")
    @classmethod
    def _check_scaling(cls, value: Scaling | None, info: ValidationInfo) -> Scaling | None:
        kind = info.data.get("instance_type", "")
        if value is not None and is_burstable(kind):
            raise ValueError(f"`{kind}` is burstable, and SageMaker scales no endpoint of such instances")
        return value

    @field_validator("strategy")
    @classmethod
    def _check_strategy(cls, value: AnyStrategy, info: ValidationInfo) -> AnyStrategy:
        (flavour,) = get_args(cls.model_fields["flavour"].annotation)
        scaling = info.data.get("scaling")
        count = info.data.get("instance_count", 1)
        if reason := value.find_misfit(flavour, count, scaled=scaling is not None):
            raise ValueError(f"`{value.kind}` is not possible. {reason}")
        return value

    @model_validator(mode="after")
    def _check_count(self) -> Self:
        if self.scaling is not None and "instance_count" in self.model_fields_set:
            raise ValueError("`scaling` says how many instances there are at least: leave `instance_count` out")
        return self

    @property
    def first(self) -> int:
        """Instances that a deployment starts with."""
        return max(self.scaling.at_least, 1) if self.scaling else self.instance_count

    @property
    def most(self) -> int:
        """Instances at the busiest."""
        return self.scaling.at_most if self.scaling else self.instance_count


class Realtime(_Instances):
    flavour: Literal["realtime"] = Field(
        description="Instances that always run: no cold start, and a bill by the hour."
    )
    scaling: RequestScaling | None = Field(
        default=None,
        description="As many instances as the requests need, instead of `instance_count`. Left out: always that many.",
    )


class Asynchronous(_Instances):
    flavour: Literal["async"] = Field(
        description="Instances behind a queue: requests of up to 1 GB and answers lie in the lake."
    )
    scaling: BacklogScaling | None = Field(
        default=None,
        description="As many instances as the queue needs, none while nobody asks, instead of `instance_count`. Left "
        "out: always that many.",
    )
    max_concurrent: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Requests that an instance gets at the same time. Left out: SageMaker chooses.",
    )
    notify: Literal["nothing", "failures", "all"] = Field(
        default="nothing", description="Which answers the environment's topic is told of: failures, or all."
    )


Serving = Annotated[Serverless | Realtime | Asynchronous, Field(discriminator="flavour")]


class ServeOptions(Section):
    """The options of a blueprint that serves; each blueprint has its own default."""

    serving: Serving = Field(description="How the model serves predictions.")
    slow_after_ms: int = Field(
        default=2000,
        ge=1,
        le=60_000,
        description="The team is told when the slowest tenth of requests takes longer in the model, in milliseconds.",
    )
