"""What every kind of step promises: laws on one kind, with a pipeline that has such a step."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_iac.core.environment import Step as ToldStep
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.describe import describe
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.pipelines.steps import Step

STACK, REGION = "screening-dev", "eu-central-1"


@dataclass(frozen=True, kw_only=True, eq=False)
class StepCase:
    """A kind of step to hold to the laws: `STEP_LAWS`."""

    kind: type[Step]
    pipeline: Pipeline
    """One that has a step of this kind."""

    @property
    def step(self) -> Step:
        return next(step for step in self.pipeline.ordered if type(step) is self.kind)

    @property
    def bindings(self) -> Bindings:
        return Bindings.placeholder(STACK, REGION)


Law = Callable[[StepCase], None]


def it_says_what_it_is(case: StepCase) -> None:
    assert inspect.getdoc(case.kind)
    assert case.kind.__name__ == f"{re.sub('[-_]', '', case.kind.kind.title())}Step"


def it_reads_or_makes_something(case: StepCase) -> None:
    assert [*case.step.all_reads()] or case.step.makes()


def it_acts_only_on_what_the_environment_has(case: StepCase) -> None:
    """What it binds is looked up in the environment by name, so that a wrong name is refused in a preview."""
    for bind in case.step.binds():
        assert bind.name in getattr(case.bindings, bind.kind)
        assert getattr(case.step, bind.field) == bind.name


def every_target_compiles_it_or_refuses_it_by_name(case: StepCase) -> None:
    """And one at least compiles it: a kind that nobody can run is of no use. One of ours may be known all the same, so
    that who asks for it is told why."""
    ran = []
    for name in TARGETS:
        document, refused = _compiled(case, name)
        if refused is not None:
            assert f"`{case.step.name}`" in refused.detail, f"{name} refuses without naming the step: {refused}"
            continue
        ran.append(name)
        assert json.loads(json.dumps(document)) == document
        assert document == _compiled(case, name)[0]
        assert [*_natives(name, document, case.step.name)], f"{name}: nothing in the document belongs to the step"
    assert ran or all(case.kind.kind in get_target(name).REFUSED for name in TARGETS)


def _compiled(case: StepCase, target: str) -> tuple[dict[str, Any], PipelineError | None]:
    try:
        return get_target(target).compile(case.pipeline, case.bindings), None
    except PipelineError as refused:
        return {}, refused


def _natives(target: str, document: Mapping[str, Any], step: str) -> Iterator[str]:
    """Names in a document that the target says belong to a step."""
    step_of = get_target(target).step_of
    yield from (name for name in _names(document) if step_of(name) == step)


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        if isinstance(part.get("Name"), str):
            yield part["Name"]
        for key, value in part.items():
            if isinstance(value, Mapping) and {"Type", "operator"} & value.keys():
                yield key
            yield from _names(value)
    elif isinstance(part, list):
        for value in part:
            yield from _names(value)


def its_facts_can_be_published(case: StepCase) -> None:
    """They travel in the stack's outputs, as JSON, to those who read its runs."""
    told = describe(case.pipeline, case.bindings.zones)["steps"]
    (mine,) = (step for step in told if step.name == case.step.name)
    assert isinstance(mine, ToldStep)
    assert mine.kind == case.kind.kind
    assert json.loads(json.dumps(dict(mine.facts), allow_nan=False)) == dict(mine.facts)


def it_says_how_long_it_may_take(case: StepCase) -> None:
    assert isinstance(case.step.seconds, int)
    assert case.step.seconds >= 0


def it_is_frozen_and_refuses_strangers(case: StepCase) -> None:
    values: dict[str, Any] = {name: getattr(case.step, name) for name in type(case.step).model_fields}
    assert case.kind(**values) == case.step
    try:
        case.kind(**{**values, "no_such_field": 1})
    except PipelineError:
        return
    raise AssertionError("a field that the kind does not have was taken")


STEP_LAWS: tuple[Law, ...] = (
    every_target_compiles_it_or_refuses_it_by_name,
    it_acts_only_on_what_the_environment_has,
    it_is_frozen_and_refuses_strangers,
    it_reads_or_makes_something,
    it_says_how_long_it_may_take,
    it_says_what_it_is,
    its_facts_can_be_published,
)
