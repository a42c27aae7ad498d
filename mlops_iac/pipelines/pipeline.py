"""A pipeline: parameters and steps, checked as a whole when it is built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any, Self, cast

from pydantic import Field, SerializeAsAny, model_validator

from mlops_iac.core.champions import NOTHING
from mlops_iac.core.errors import PipelineError, Problem
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines import choices, guards
from mlops_iac.pipelines.model import SUMMARY, PipelineModel
from mlops_iac.pipelines.names import StepName
from mlops_iac.pipelines.parameters import Parameter
from mlops_iac.pipelines.references import FromBucket, FromParameter, FromStep
from mlops_iac.pipelines.steps.gate import GateStep
from mlops_iac.pipelines.steps.step import JobStep, Made, Output, Read, Step
from mlops_iac.pipelines.triggers import MOST_TRIGGERS, Triggers


class Pipeline(PipelineModel):
    """What is done in a run, and in which order. Order comes from what each step reads, not from the order written."""

    name: StepName
    parameters: tuple[Parameter, ...] = ()
    steps: tuple[SerializeAsAny[Step], ...] = Field(min_length=1)
    triggers: Triggers = Field(default_factory=dict, max_length=MOST_TRIGGERS)
    """What starts it by itself."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [
            *_duplicates(self),
            *_references(self),
            *choices.find_problems(self),
            *guards.find_problems(self.steps),
        ]
        if not problems:
            problems = [guards.spoken(problem) for problem in choices.find_problems(self.guarded)]
        if problems:
            raise PipelineError.of(problems)
        _order(self)
        return self

    @cached_property
    def guarded(self) -> Self:
        """The same, each step with a condition behind a choice (`mlops_iac.pipelines.guards`): what compilers see."""
        if not any(step.conditional for step in self.steps):
            return self
        return self.model_copy(update={"steps": guards.guarded(self.steps)})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """pydantic's would take along what was found out about the old steps."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return cast("Self", self.model_construct(**{**fields, **(update or {})}))

    @cached_property
    def ordered(self) -> tuple[Step, ...]:
        """The steps, each after everything it needs; steps that do not need each other keep the order written."""
        by_name = {step.name: step for step in self.steps}
        return tuple(by_name[name] for name in _order(self))

    @property
    def defaults(self) -> dict[str, Any]:
        """Parameter name to default."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def champion_bounds(self) -> dict[str, float]:
        """Bounds that follow from the champion when a run starts: name to what refuses all, if nobody asks."""
        asked = [one for step in self.steps if isinstance(step, GateStep) for one in step.comparisons() if one.better]
        return {one.better.slot: NOTHING if one.direction == "at_least" else -NOTHING for one in asked if one.better}

    @property
    def scripts(self) -> dict[str, str]:
        """Step name to the team's script."""
        return {name: script for step in self.ordered for name, script in step.scripts().items()}

    def get_step(self, name: str) -> Step:
        """Raises PipelineError with the nearest name."""
        known = {step.name: step for step in self.steps}
        if name not in known:
            detail = f"Pipeline `{self.name}` has no step `{name}`."
            raise PipelineError("Unknown step.", detail, hint=did_you_mean(name, known))
        return known[name]

    def made(self, source: FromStep) -> Output | Made:
        """The folder, or what else it is, that a reference to a step's output leads to."""
        return self.get_step(source.step).makes()[source.output]

    def needs(self, step: Step) -> tuple[str, ...]:
        """Names of the steps that must be done before this one, in the order it names them."""
        read = [read.source.step for read in step.all_reads() if isinstance(read.source, FromStep)]
        chooser = [self._choosers[step.name]] if step.name in self._choosers else []
        return tuple(dict.fromkeys([*read, *step.after, *chooser]))

    @cached_property
    def _choosers(self) -> Mapping[str, str]:
        return choices.choosers(self.steps)


def _duplicates(pipeline: Pipeline) -> Iterator[Problem]:
    for what, things in (("step", pipeline.steps), ("parameter", pipeline.parameters)):
        for name, count in Counter(thing.name for thing in things).items():
            if count > 1:
                detail = f"{count} {what}s are called `{name}`."
                yield Problem(
                    path=f"{pipeline.name}.{name}",
                    summary=SUMMARY,
                    detail=detail,
                    hint=f"give each {what} its own name.",
                )


def _references(pipeline: Pipeline) -> Iterator[Problem]:
    steps = {step.name: step for step in pipeline.steps}
    parameters = {parameter.name: parameter for parameter in pipeline.parameters}
    for step in pipeline.steps:
        for name in step.after:
            if name not in steps:
                yield _unknown(step, "after", f"there is no step `{name}`", name, steps)
        for read in step.all_reads():
            yield from _reference(step, read, steps, parameters)


def _reference(
    step: Step, read: Read, steps: Mapping[str, Step], parameters: Mapping[str, Parameter]
) -> Iterator[Problem]:
    """What is wrong with one reference: it leads nowhere, or to the wrong kind of thing."""
    source = read.source
    if isinstance(source, FromParameter):
        if source.parameter not in parameters:
            yield _unknown(
                step, read.field, f"there is no parameter `{source.parameter}`", source.parameter, parameters
            )
            return
        given: str = parameters[source.parameter].type
    elif isinstance(source, FromBucket):
        given = "bucket"
        if isinstance(step, JobStep) and step.reusable:
            detail = f"Step `{step.name}` reads `{source}`, where others may change what lies there without a trace."
            yield Problem(path=f"{step.name}.cache", summary=SUMMARY, detail=detail, hint="leave `cache` out.")
    else:
        if source.step not in steps:
            yield _unknown(step, read.field, f"there is no step `{source.step}`", source.step, steps)
            return
        made = steps[source.step].makes()
        if source.output not in made:
            yield _unknown(
                step, read.field, f"step `{source.step}` has no output `{source.output}`", source.output, made
            )
            return
        output = made[source.output]
        given = output if isinstance(output, str) else "folder"
    if given not in read.takes:
        takes = " or a ".join(read.takes)
        detail = f"Step `{step.name}`, field `{read.field}` reads `{source}`, a {given}; it takes a {takes}."
        yield Problem(path=f"{step.name}.{read.field}", summary=SUMMARY, detail=detail)


def _unknown(step: Step, field: str, what: str, name: str, known: Iterable[str]) -> Problem:
    detail = f"Step `{step.name}`, field `{field}`: {what}."
    return Problem(path=f"{step.name}.{field}", summary=SUMMARY, detail=detail, hint=did_you_mean(name, known))


Reason = Callable[[str, str], str]
"""The field by which a step waits for another; empty where another says so."""


def _cycle(pipeline: str, steps: Sequence[str], reason: Reason) -> PipelineError:
    """``steps`` is the way around: each waits for the next, and the last is the first."""
    fields = [(step, needed, reason(step, needed)) for step, needed in pairwise(steps)]
    told = ", ".join(f"`{step}` waits for `{needed}` by `{field}`" for step, needed, field in fields if field)
    first = next((f"{step}.{field}" for step, _, field in fields if field), "")
    return PipelineError.of(
        [
            Problem(
                path=first,
                summary="A pipeline's steps wait for each other.",
                detail=f"Pipeline `{pipeline}`: {' → '.join(steps)}{f'; {told}' if told else ''}.",
                hint="remove one of these references.",
            )
        ]
    )


def ordered(
    needs: Mapping[str, Iterable[str]], written: Sequence[str], pipeline: str, reason: Reason = lambda *_: ""
) -> tuple[str, ...]:
    """Names of steps, each after what it needs; those that do not need each other in the order written.

    Raises PipelineError for steps that wait for each other.
    """
    rank = {name: index for index, name in enumerate(written)}
    graph = TopologicalSorter(needs)
    try:
        graph.prepare()
    except CycleError as error:
        raise _cycle(pipeline, [*reversed(error.args[1])], reason) from None
    found: list[str] = []
    while graph.is_active():
        ready = sorted(graph.get_ready(), key=rank.__getitem__)
        graph.done(*ready)
        found += ready
    return tuple(found)


def _order(pipeline: Pipeline) -> tuple[str, ...]:
    needs = {step.name: pipeline.needs(step) for step in pipeline.steps}
    written = [step.name for step in pipeline.steps]
    return ordered(needs, written, pipeline.name, lambda *pair: _reason(pipeline, *pair))


def _reason(pipeline: Pipeline, name: str, needed: str) -> str:
    step = pipeline.get_step(name)
    for read in step.all_reads():
        if isinstance(read.source, FromStep) and read.source.step == needed:
            return read.field
    return "after" if needed in step.after else ""
