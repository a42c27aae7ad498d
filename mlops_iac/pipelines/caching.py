"""Which steps may take over what a run before made of the same code, inputs and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from mlops_iac.core.cache_keys import key_of
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.references import FromParameter, FromStep

if TYPE_CHECKING:
    from mlops_iac.pipelines.steps.step import JobStep


class Cache(PipelineModel):
    """A step whose work is taken over from a run before, where that did the same."""

    days: int = Field(default=30, ge=1, le=3650)
    """How old that run may be."""


def _written(value: Any) -> Any:
    """``true`` is a cache with its usual days, ``false`` none."""
    if isinstance(value, bool):
        return Cache() if value else None
    if value is None or isinstance(value, Mapping | Cache):
        return value
    raise ValueError("say `true`, `false`, or how old it may be: `{days: 7}`")


WRITTEN = {
    "anyOf": [
        {"type": "boolean"},
        {
            "type": "object",
            "properties": {"days": {"type": "integer", "minimum": 1, "maximum": 3650, "default": 30}},
            "additionalProperties": False,
        },
    ]
}
"""How a file says it, as a JSON schema."""

MaybeCache = Annotated[Cache | None, BeforeValidator(_written), WithJsonSchema(WRITTEN)]

OTHERWISE = frozenset({"after", "cache", "job", "retry", "timeout_minutes", "when"})
"""Fields of a step that change nothing of what it makes."""


def cache_facts(step: JobStep) -> Mapping[str, Any]:
    """What whoever starts a run needs to know to find out whether the step did the same before: how old it may be, a
    key of what it is, and what it reads."""
    if step.reusable is None:
        return {}
    read = [one.source for one in step.reads()]
    definition = {
        "kind": step.kind,
        "instances": step.job.instance_count,
        **step.model_dump(mode="json", exclude={*OTHERWISE}),
    }
    return {
        "cache": {
            "days": step.reusable.days,
            "definition": key_of(definition),
            "parameters": sorted({one.parameter for one in read if isinstance(one, FromParameter)}),
            "steps": sorted({one.step for one in read if isinstance(one, FromStep)}),
        }
    }
