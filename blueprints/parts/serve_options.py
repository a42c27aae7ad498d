"""What a team may say about how its model serves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops_iac.blueprints.parts.training_options import InstanceType
from mlops_iac.config.section import Section


class Serverless(Section):
    flavour: Literal["serverless"] = Field(
        description="Scales to zero: costs nothing while nobody asks. An endpoint that is realtime cannot become "
        "serverless: it serves on until it is deleted by hand."
    )
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = Field(
        default=2048, description="Memory for the model, in MB."
    )
    max_concurrency: int = Field(default=5, ge=1, le=200, description="Requests answered at the same time, at most.")


class Realtime(Section):
    flavour: Literal["realtime"] = Field(
        description="Instances that always run: no cold start, and a bill by the hour."
    )
    instance_type: InstanceType = Field(default="ml.m5.large", description="SageMaker instance type.")
    instance_count: int = Field(
        default=2, ge=1, le=20, description="Instances; two or more survive the loss of a zone."
    )


Serving = Annotated[Serverless | Realtime, Field(discriminator="flavour")]


class ServeOptions(Section):
    """The options of a blueprint that serves; each blueprint has its own default."""

    serving: Serving = Field(description="How the model serves predictions.")
    slow_after_ms: int = Field(
        default=2000,
        ge=1,
        le=60_000,
        description="The team is told when the slowest tenth of requests takes longer in the model, in milliseconds.",
    )
