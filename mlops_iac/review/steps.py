"""What differs between the steps of a pipeline before and after, as the environment's contract has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_iac.core.environment import MACHINES
from mlops_iac.review.sentence import Sentence, say

Contract = Mapping[str, Any]
Steps = Mapping[str, Mapping[str, Any]]


def step_changes(before: Contract, after: Contract) -> Iterator[Sentence]:
    """Steps that come, go or move, and what those that stay do otherwise. A moved step's new place is what tells."""
    old, new = _by_name(before), _by_name(after)
    yield from _added(list(new), old, new)
    for name in old:
        if name not in new:
            yield say("Step {} ({}) is gone.", name, old[name]["kind"])
    stay = [name for name in new if name in old]
    if stay != [name for name in old if name in new]:
        yield say("The steps are done in another order: " + " → ".join("{}" for _ in new) + ".", *new)
    for name in stay:
        yield from _step(name, old[name], new[name], (before, after))


def _added(order: Sequence[str], old: Steps, new: Steps) -> Iterator[Sentence]:
    for place, name in enumerate(order):
        if name in old:
            continue
        where = ("after {}", order[place - 1]) if place else ("at the beginning",)
        yield say(f"Step {{}} ({{}}) is added {where[0]}.", name, new[name]["kind"], *where[1:])


def _by_name(pipeline: Contract) -> Steps:
    return {step["name"]: step for step in pipeline["steps"]}


def _step(name: str, old: Contract, new: Contract, pipelines: tuple[Contract, Contract]) -> Iterator[Sentence]:
    if old["kind"] != new["kind"]:
        yield say("{} is a step of kind {}, was {}.", name, new["kind"], old["kind"])
    scripts = [(pipeline.get("scripts") or {}).get(name) for pipeline in pipelines]
    if scripts[0] != scripts[1] and all(scripts):
        yield say("{} runs {}, was {}.", name, scripts[1], scripts[0])
    yield from _machines(name, old["facts"], new["facts"])
    yield from _conditions(name, old["facts"], new["facts"], pipelines)
    for fact, words in _FACTS.items():
        if fact in old["facts"] and fact in new["facts"] and old["facts"][fact] != new["facts"][fact]:
            yield say(f"{{}} {words} {{}}, was {{}}.", name, new["facts"][fact], old["facts"][fact])


_FACTS = {
    "job": "is a job of kind",
    "registry": "registers in",
    "endpoint": "deploys to",
    "beside": "leaves beside the one before the variant",
    "watches": "watches",
    "question": "asks",
    "max_hours": "waits in hours for",
    "metric": "is judged by",
    "goal": "seeks the",
}
"""What a step says of itself, and how it is told."""


def _machines(name: str, old: Contract, new: Contract) -> Iterator[Sentence]:
    if MACHINES not in old or MACHINES not in new:
        return
    for was, now in zip(old[MACHINES], new[MACHINES], strict=False):
        if _size(was) != _size(now):
            yield say("{} runs on {}, was {}.", name, _size(now), _size(was))
        for key, words in (("volume_gib", "GiB of disk"), ("times", "jobs a run at most")):
            if was.get(key) != now.get(key) and key in was and key in now:
                yield say(f"{{}} has {{}} {words}, was {{}}.", name, _number(now[key]), _number(was[key]))
        if was["max_minutes"] != now["max_minutes"]:
            limits = _number(now["max_minutes"]), _number(was["max_minutes"])
            yield say("{} may take {} minutes, was {}.", name, *limits)


def _size(machines: Mapping[str, Any]) -> str:
    if "vcpus" in machines:
        nodes = f"{_number(machines['nodes'])} × " if "nodes" in machines else ""
        return f"{nodes}{_number(machines['vcpus'])} vCPUs on a queue"
    return f"{_number(machines['instance_count'])} × {machines['instance_type']}"


def _number(value: Any) -> str:
    """States have floats where programs have integers."""
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _conditions(name: str, old: Contract, new: Contract, pipelines: tuple[Contract, Contract]) -> Iterator[Sentence]:
    """What a gate asks of a model."""
    were, are = _bounds(old, pipelines[0]), _bounds(new, pipelines[1])
    for key, bound in are.items():
        if key not in were:
            yield say(f"{{}} asks also for {{}} {key[1]} {{}}.", name, key[0], bound)
        elif were[key] != bound:
            easier = " A model that was refused may pass now." if _is_easier(key[1], were[key], bound) else ""
            yield say(f"{{}} asks for {{}} {key[1]} {{}}, was {{}}.{easier}", name, key[0], bound, were[key])
    for key, bound in were.items():
        if key not in are:
            yield say(f"{{}} no longer asks for {{}} {key[1]} {{}}.", name, key[0], bound)


def _bounds(facts: Contract, pipeline: Contract) -> dict[tuple[str, str], str]:
    """Metric and direction in words, to the bound: a number, what a run is told, or the champion's own value."""
    bounds = {}
    for one in facts.get("conditions", ()):
        parameter = one.get("parameter")
        if one.get("champion"):
            bound = "the champion's"
        elif parameter:
            bound = (pipeline.get("parameters") or {}).get(parameter, {}).get("default")
        else:
            bound = one.get("bound")
        bounds[one["metric"], _DIRECTIONS.get(one["direction"], "of")] = _number(bound)
    return bounds


_DIRECTIONS = {"at_least": "of at least", "at_most": "of at most"}


def _is_easier(direction: str, was: str, now: str) -> bool:
    try:
        return float(now) < float(was) if direction.endswith("least") else float(now) > float(was)
    except ValueError:
        return False
