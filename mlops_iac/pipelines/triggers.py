"""What starts a pipeline by itself, as a team writes it under ``triggers:``, a name to a kind and what the kind takes.

A trigger that would start itself is refused: a pipeline that is started by its own end, by data that it writes, or by
another pipeline that it starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from mlops_iac.core.schedules import FORMS, Schedule, find_zone
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.names import StepName
from mlops_iac.pipelines.parameters import find_mismatch
from mlops_iac.pipelines.steps.step import Output

if TYPE_CHECKING:
    from mlops_iac.pipelines.pipeline import Pipeline


def _check_when(value: str) -> str:
    try:
        Schedule.parse(value)
    except ValueError as error:
        raise ValueError(f"it is no schedule: {error}; it may be {FORMS}") from None
    return value


def _check_zone(value: str) -> str:
    if find_zone(value) is None:
        raise ValueError("it is no time zone; one looks like Europe/Berlin or UTC")
    return value


When = Annotated[str, AfterValidator(_check_when)]
"""An expression of EventBridge Scheduler: ``cron(…)``, ``rate(…)``, ``at(…)``."""

ZoneName = Annotated[str, AfterValidator(_check_zone)]
"""A time zone by its IANA name."""


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScheduleTrigger(_Kind):
    """At a time."""

    kind: Literal["schedule"] = Field(description="Starts at set times.")
    when: When = Field(
        description="EventBridge Scheduler's own: `cron(0 6 * * ? *)` is every day at six, `rate(12 hours)` counts "
        "from the first `up`, `at(2026-12-01T06:00:00)` is once.",
        examples=["rate(12 hours)"],
    )
    timezone: ZoneName = Field(
        default="UTC",
        description="The time zone of cron and at, by its IANA name: Europe/Berlin.",
        examples=["Europe/Berlin", "Asia/Tokyo"],
    )


class DataTrigger(_Kind):
    """When objects have arrived under a prefix of the lake, and no more come."""

    kind: Literal["data"] = Field(description="Starts when new objects lie below a prefix.")
    prefix: str = Field(default="raw/", description="Where they arrive: a prefix in the lake, ending in a slash.")
    quiet_minutes: int = Field(
        default=5,
        ge=1,
        le=1440,
        description="A run starts when nothing has arrived for this long; at the latest after twice as long.",
    )

    @field_validator("prefix")
    @classmethod
    def _check_prefix(cls, value: str) -> str:
        if mismatch := find_mismatch("prefix", value):
            raise ValueError(f"it {mismatch}")
        return value


class AfterTrigger(_Kind):
    """When a run of another pipeline has done all of its steps."""

    kind: Literal["after"] = Field(description="Starts when another pipeline has succeeded.")
    pipeline: StepName = Field(description="The other pipeline of this environment.")


class DriftTrigger(_Kind):
    """When an alarm of CloudWatch is raised, and no run of the pipeline is under way."""

    kind: Literal["drift"] = Field(description="Starts when an alarm goes off.")
    alarm: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]*$",
        max_length=255,
        description="The alarm's name, in this account. Left out: those of the option `monitoring`.",
    )
    quiet_minutes: int = Field(
        default=5,
        ge=1,
        le=1440,
        description="A run starts when no alarm was raised for this long, so that two at once start one run; at the "
        "latest after twice as long.",
    )


Trigger = Annotated[ScheduleTrigger | DataTrigger | AfterTrigger | DriftTrigger, Field(discriminator="kind")]

Triggers = dict[StepName, Trigger]
"""By name. A pipeline can have several of a kind."""

MOST_TRIGGERS = 20
"""Of one pipeline. They are part of the code of one function."""


@dataclass(frozen=True)
class Fault:
    """A trigger that cannot be."""

    pipeline: str
    trigger: str
    field: str
    detail: str
    hint: str


def find_faults(pipelines: Sequence[Pipeline]) -> Iterator[Fault]:
    """Triggers that name no pipeline of these, or would start themselves."""
    known = {pipeline.name: pipeline for pipeline in pipelines}
    watched = any(step.kind == "monitor" for pipeline in pipelines for step in pipeline.steps)
    for pipeline in pipelines:
        for name, trigger in pipeline.triggers.items():
            if isinstance(trigger, AfterTrigger) and trigger.pipeline not in known:
                detail = f"There is no pipeline `{trigger.pipeline}`; there are: {', '.join(known)}."
                yield Fault(pipeline.name, name, "pipeline", detail, did_you_mean(trigger.pipeline, known))
            elif isinstance(trigger, DriftTrigger) and not trigger.alarm and not watched:
                detail = "It names no alarm, and this environment has none of its own."
                yield Fault(pipeline.name, name, "alarm", detail, "name an alarm, or set the option `monitoring`.")
            elif way := _way_back(pipeline, trigger, known):
                field = "pipeline" if isinstance(trigger, AfterTrigger) else "prefix"
                detail = f"It would start itself: {' → '.join(way)}."
                yield Fault(pipeline.name, name, field, detail, "let one of these start in another way.")


def _way_back(pipeline: Pipeline, trigger: Trigger, known: Mapping[str, Pipeline]) -> list[str]:
    """From what starts a pipeline back to the pipeline itself; empty when there is no such way."""
    paths = [[cause, pipeline.name] for cause in _causes(trigger, known)]
    seen: set[str] = set()
    while paths:
        path = paths.pop(0)
        if path[0] == pipeline.name:
            return path
        if path[0] not in seen:
            seen.add(path[0])
            before = [cause for each in known[path[0]].triggers.values() for cause in _causes(each, known)]
            paths += [[cause, *path] for cause in before]
    return []


def _causes(trigger: Trigger, known: Mapping[str, Pipeline]) -> list[str]:
    """The pipelines whose runs make a trigger fire."""
    if isinstance(trigger, AfterTrigger):
        return [trigger.pipeline] if trigger.pipeline in known else []
    if isinstance(trigger, DataTrigger):
        return [name for name, one in known.items() if any(_meet(trigger.prefix, f"{zone}/") for zone in _written(one))]
    return []


def _written(pipeline: Pipeline) -> set[str]:
    made = (output for step in pipeline.steps for output in step.makes().values())
    return {output.zone for output in made if isinstance(output, Output)}


def _meet(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
