"""A pipeline as a team writes it: a file's keys, and how they lie over a pipeline that they extend.

A step or parameter is a name and its fields. Of one that the extended pipeline has only what differs is written, map by
map; an empty value (``deploy:`` with nothing behind it) takes it away. What has a ``kind`` is written whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from mlops_iac.pipelines.caching import Cache, MaybeCache
from mlops_iac.pipelines.model import PipelineModel
from mlops_iac.pipelines.names import StepName, Word
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.references import FromParameter
from mlops_iac.pipelines.steps import JobStep, Step
from mlops_iac.pipelines.triggers import MOST_TRIGGERS, Triggers

Fields = Mapping[str, Any]


class Definition(PipelineModel):
    """The keys of a pipeline file."""

    extends: StepName | None = None
    """The pipeline of the blueprint that this one is a change of. Left out: all of its steps are written here."""
    parameters: dict[Word, dict[str, Any] | None] = Field(default_factory=dict)
    """Parameter to its type, default, description and allowed values."""
    steps: dict[StepName, dict[str, Any] | None] = Field(default_factory=dict)
    """Step to its kind and what the kind takes."""
    cache: MaybeCache = None
    """What steps have for `cache` that do not say. Left out: they are done anew in every run."""
    triggers: Triggers = Field(default_factory=dict, max_length=MOST_TRIGGERS)
    """What starts the pipeline by itself, by name."""


def fields_of(part: Step | Parameter) -> dict[str, Any]:
    """A step or a parameter as it would be written, without its name and what it leaves to defaults."""
    kind = {"kind": part.kind} if isinstance(part, Step) else {}
    return {**kind, **part.model_dump(mode="json", exclude={"name"}, exclude_defaults=True)}


def laid_over(below: Fields, above: Fields) -> dict[str, Any]:
    """Fields with what differs on top, map by map; an empty value takes a key away, a map with a ``kind`` is whole."""
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping) and "kind" not in value:
            merged[key] = laid_over(merged[key], value)
        else:
            merged[key] = value
    return merged


def with_cache(step: Step, cache: Cache | None) -> Step:
    """The step with the pipeline's cache, where it may have one and does not say."""
    if cache is None or not isinstance(step, JobStep) or "cache" in step.model_fields_set or not step.repeatable:
        return step
    if getattr(step, "uses", ()):
        return step  # what another system holds changes behind the same inputs
    return step.model_copy(update={"cache": cache})


def read_parameters(pipeline: Pipeline) -> set[str]:
    """The parameters that a step reads."""
    return {name for step in pipeline.steps for name in _read(step)}


def _read(step: Step) -> Iterator[str]:
    for read in step.all_reads():
        if isinstance(read.source, FromParameter):
            yield read.source.parameter
