"""Steps that are done only when their conditions hold, as choices: ``train`` with a ``when`` lies, with every step that
needs it, in the one way of a choice that is called ``train--when``. Compilers see such a pipeline.

A step may need several such steps when these need each other; one that needs two which are skipped apart is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mlops_iac.core.errors import Problem
from mlops_iac.pipelines.choices import choosers
from mlops_iac.pipelines.model import SUMMARY
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.choice import ChoiceStep
from mlops_iac.pipelines.steps.step import Step

GUARD = "--when"
"""Ends the names of such choices; a step's own name cannot hold it."""


def guarded(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, each with a ``when`` behind a choice of its own. They have no `find_problems`."""
    world = _World.of(steps)
    made: list[Step] = []
    for step in steps:
        if step.conditional:
            made.append(_guard(step, world))
        made.append(_chosen(step, world) if isinstance(step, ChoiceStep) else step)
    return tuple(made)


def find_problems(steps: Sequence[Step]) -> Iterator[Problem]:
    """What is wrong with conditional steps."""
    world = _World.of(steps)
    for step in steps:
        first, *others = sorted(world.innermost(step.name)) or [""]
        if others:
            yield Problem(
                path=step.name,
                summary=SUMMARY,
                detail=f"Step `{step.name}` needs `{first}` and `{others[0]}`, each skipped by its own `when`.",
                hint=f"let `{others[0]}` come after `{first}`, or use a `choice`.",
            )


def spoken(problem: Problem) -> Problem:
    """A problem that speaks of steps where it is about their choices."""
    return replace(problem, path=problem.path.replace(GUARD, ""), detail=problem.detail.replace(GUARD, ""))


@dataclass(frozen=True)
class _World:
    """Which conditional steps each step hangs on."""

    steps: Mapping[str, Step]
    chooser: Mapping[str, str]
    """Step to the choice in whose way it is written."""
    hangs_on: Mapping[str, frozenset[str]]
    """Step to the conditional steps of the same way that it needs, and to itself when it is one."""

    @classmethod
    def of(cls, steps: Sequence[Step]) -> _World:
        by_name, chooser = {step.name: step for step in steps}, choosers(steps)
        needs = {step.name: {*_read(step), *step.after, *_of(chooser, step.name)} for step in steps}
        found: dict[str, set[str]] = {name: set() for name in by_name}
        for step in steps:
            if step.conditional:
                for name in _needing(step.name, needs):
                    if chooser.get(name) == chooser.get(step.name):
                        found[name].add(step.name)
        return cls(by_name, chooser, {name: frozenset(one) for name, one in found.items()})

    def innermost(self, name: str) -> frozenset[str]:
        """The conditional steps around a step that lie in no other's way around it; more than one cannot nest."""
        around = self.hangs_on[name] - {name}
        return around - {other for one in around for other in self.hangs_on[one] - {one}}

    def owner(self, name: str) -> str:
        """The conditional step in whose way another lies; empty when it lies in none."""
        return next(iter(self.innermost(name)), "")


def _needing(name: str, needs: Mapping[str, set[str]]) -> set[str]:
    """A step, and all that need it."""
    found, waiting = set[str](), [name]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += [other for other, needed in needs.items() if here in needed]
    return found


def _read(step: Step) -> Iterator[str]:
    return (read.source.step for read in step.all_reads() if isinstance(read.source, FromStep))


def _of(chooser: Mapping[str, str], name: str) -> Iterator[str]:
    return iter([chooser[name]] if name in chooser else [])


def _guard(step: Step, world: _World) -> ChoiceStep:
    """The choice: itself and what lies in its way, where a conditional step stands for its own choice."""
    inner = [name for name in world.steps if name != step.name and world.owner(name) == step.name]
    then = (step.name, *(_stands(name, world) for name in inner))
    # Not validated: its name is none that a person may write.
    return ChoiceStep.model_construct(
        name=f"{step.name}{GUARD}",
        after=(),
        when=step.when,
        then=then,
        otherwise=(),
        evaluation=step.when_evaluation,
    )


def _stands(name: str, world: _World) -> str:
    return f"{name}{GUARD}" if world.steps[name].conditional else name


def _chosen(choice: ChoiceStep, world: _World) -> ChoiceStep:
    """A written choice, whose ways have choices for conditional steps, and not what lies in the ways of these."""

    def way(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_stands(name, world) for name in names if name in world.steps and not world.owner(name))

    ways = {"then": way(choice.then), "otherwise": way(choice.otherwise)}
    return choice.model_copy(update=ways)
