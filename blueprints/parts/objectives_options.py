"""What a team may promise of its endpoint."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from mlops_iac.blueprints.parts.serve_options import ServeOptions
from mlops_iac.config.section import Section


class LatencyObjective(Section):
    milliseconds: int = Field(
        ge=1,
        le=60_000,
        description="An answer is in time within this, in the model, in milliseconds.",
        examples=[200, 50],
    )
    percent: float = Field(
        default=99, ge=50, le=99.9, allow_inf_nan=False, description="Answers that are in time, in percent."
    )


class Slo(Section):
    """Service level objectives: what callers may count on. Two alarms each say how fast that is used up."""

    availability_percent: float | None = Field(
        default=None,
        ge=90,
        le=99.99,
        allow_inf_nan=False,
        description="Answers without an error of the endpoint's own, in percent. Left out: nothing is promised.",
        examples=[99.9, 99.5],
    )
    latency: LatencyObjective | None = Field(
        default=None, description="How many answers come in which time. Left out: nothing is promised."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.availability_percent is None and self.latency is None:
            raise ValueError("say `availability_percent`, `latency` or both")
        return self


class SloOptions(ServeOptions):
    """The options of a blueprint whose callers count on it."""

    slo: Slo | None = Field(
        default=None,
        description="What callers may count on; alarms say when errors or slow answers use it up too fast, and the "
        "dashboard shows it. Left out: nothing is promised.",
    )
