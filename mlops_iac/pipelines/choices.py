"""Ways of a pipeline's choices: which steps lie in them, and whether the rest of the pipeline can stand that they are
skipped. A step lies in one way at most; a choice in a way takes its own ways with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mlops_iac.core.errors import Problem
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines.model import SUMMARY
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.step import Step

if TYPE_CHECKING:
    from mlops_iac.pipelines.pipeline import Pipeline


def choosers(steps: Iterable[Step]) -> dict[str, str]:
    """Step to the choice that it waits for."""
    return {name: step.name for step in steps for way in step.ways for name in way}


def members(way: Iterable[str], steps: Mapping[str, Step]) -> frozenset[str]:
    """All steps of a way, with those of the ways of its choices."""
    found: set[str] = set()
    waiting = [*way]
    while waiting:
        name = waiting.pop()
        if name not in found and name in steps:
            found.add(name)
            waiting += [inner for one in steps[name].ways for inner in one]
    return frozenset(found)


def find_problems(pipeline: Pipeline) -> Iterator[Problem]:
    """What is wrong with its choices."""
    steps = {step.name: step for step in pipeline.steps}
    for choice in pipeline.steps:
        ways = [members(way, steps) for way in choice.ways]
        yield from _names(choice, steps)
        for step in pipeline.steps:
            if step is not choice:  # one that waits for its own way is a circle, and told as such
                yield from _outsider(step, choice, ways)
    yield from _shared(pipeline)


def _names(choice: Step, steps: Mapping[str, Step]) -> Iterator[Problem]:
    for name in (name for way in choice.ways for name in way):
        if name not in steps:
            detail = f"Step `{choice.name}` chooses `{name}`, and there is no such step."
            yield Problem(path=choice.name, summary=SUMMARY, detail=detail, hint=did_you_mean(name, steps))


def _shared(pipeline: Pipeline) -> Iterator[Problem]:
    """A step lies in one way at most."""
    seen: dict[str, str] = {}
    for choice in pipeline.steps:
        for name in (name for way in choice.ways for name in way):
            if name in seen:
                detail = f"Step `{name}` is chosen by `{seen[name]}` and by `{choice.name}`."
                hint = "let one choice be a step of the other's way."
                yield Problem(path=choice.name, summary=SUMMARY, detail=detail, hint=hint)
            seen[name] = choice.name


def _outsider(step: Step, choice: Step, ways: list[frozenset[str]]) -> Iterator[Problem]:
    """A step that needs what may be skipped. One that comes after steps of every way waits for whichever is taken."""
    own = next((way for way in ways if step.name in way), frozenset[str]())
    read = {one.source.step for one in step.all_reads() if isinstance(one.source, FromStep)}
    needed = {*read, *step.after}
    touched = [way for way in ways if way is not own and way & needed]
    for way in touched:
        joins = not own and len(touched) == len([one for one in ways if one]) > 1 and not way & read
        if not joins:
            name = min(way & needed)
            hint = f"name `{step.name}` in the same way of `{choice.name}`"
            yield Problem(
                path=step.name,
                summary=SUMMARY,
                detail=f"Step `{step.name}` needs `{name}`, which is skipped when `{choice.name}` goes the other way.",
                hint=f"{hint}, or let it come after steps of both ways and read of neither.",
            )
