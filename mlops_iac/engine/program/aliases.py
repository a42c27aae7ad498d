"""Which other URNs a resource may be known under in state: its own aliases, and those its parents hand down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlops_iac.core import urns
from mlops_iac.engine.program.goal import AliasSpec, Goal


def alias_urns(goal: Goal, *, stack: str, project: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Candidates in order, nearest first. ``known`` is what this function answered for the parents."""
    former_parents = known.get(goal.parent or "", ())
    found: dict[str, None] = {}
    for alias in goal.aliases:
        found.update(dict.fromkeys(_own(alias, goal, stack, project)))
    for former in former_parents:
        name = _inherited_name(goal, former)
        found[urns.make(stack, project, goal.type, name, former)] = None
        for alias in goal.aliases:
            if not alias.urn and alias.parent is None and not alias.no_parent:
                found[urns.make(stack, project, alias.type or goal.type, alias.name or name, former)] = None
    return tuple(found)


def _own(alias: AliasSpec, goal: Goal, stack: str, project: str) -> Iterable[str]:
    if alias.urn:
        return (alias.urn,)
    parent = None if alias.no_parent else alias.parent or goal.parent
    place = (alias.stack or stack, alias.project or project, alias.type or goal.type, alias.name or goal.name)
    return (urns.make(*place, parent),)


def _inherited_name(goal: Goal, former_parent: str) -> str:
    """A child that is named after its parent was named after the parent's former name."""
    name = urns.parse(goal.parent or "").name
    if goal.name.startswith(name):
        return urns.parse(former_parent).name + goal.name.removeprefix(name)
    return goal.name
