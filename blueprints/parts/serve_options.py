"""What a team may say about how its model serves."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from mlops_iac.blueprints.parts.training_options import InstanceType
from mlops_iac.config.section import Section
from mlops_iac.pipelines.strategy import AllAtOnce, AnyStrategy, find_refusal

STRATEGY = (
    "How requests come to a new model: all-at-once, canary, linear, rolling, shadow or weights, as `kind`. A step of a "
    "pipeline of your own may say another."
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
    strategy: AllAtOnce = Field(default=AllAtOnce(), description="A serverless endpoint changes `all-at-once`.")

    @field_validator("strategy", mode="before")
    @classmethod
    def _check_strategy(cls, value: Any) -> Any:
        kind = value.get("kind") if isinstance(value, dict) else None
        if reason := find_refusal(kind, "serverless"):
            raise ValueError(f"`{kind}` is not possible. {reason}")
        return value


class _Instances(Section):
    instance_type: InstanceType = Field(default="ml.m5.large", description="SageMaker instance type.")
    instance_count: int = Field(
        default=2, ge=1, le=20, description="Instances; two or more survive the loss of a zone."
    )
    strategy: AnyStrategy = Field(default=AllAtOnce(), description=STRATEGY)

    @field_validator("strategy")
    @classmethod
    def _check_strategy(cls, value: AnyStrategy, info: ValidationInfo) -> AnyStrategy:
        (flavour,) = get_args(cls.model_fields["flavour"].annotation)
        if reason := value.find_misfit(flavour, info.data.get("instance_count", 1)):
            raise ValueError(f"`{value.kind}` is not possible. {reason}")
        return value


class Realtime(_Instances):
    flavour: Literal["realtime"] = Field(
        description="Instances that always run: no cold start, and a bill by the hour."
    )


class Asynchronous(_Instances):
    flavour: Literal["async"] = Field(
        description="Instances behind a queue: requests of up to 1 GB and answers lie in the lake."
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
