"""Order among things that need each other, and what follows from what. Knows nothing of resources."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)


def in_order(items: Sequence[T], needs: Callable[[T], Iterable[T]]) -> list[T]:
    """Items so that each comes after all it needs, and otherwise in the order given.

    A list that is already in order comes back as it is. Items of a cycle keep the order given: `find_cycle` names it.
    """
    done: set[int] = set()
    ordered: list[T] = []
    for start in items:
        _visit(start, needs, done, ordered)
    return ordered


def _visit(start: T, needs: Callable[[T], Iterable[T]], done: set[int], ordered: list[T]) -> None:
    """Depth first, without recursion: chains of dependencies can be longer than Python's stack."""
    stack: list[tuple[T, bool]] = [(start, False)]
    while stack:
        item, ready = stack.pop()
        if ready:
            ordered.append(item)
        elif id(item) not in done:
            done.add(id(item))
            stack.append((item, True))
            stack.extend((needed, False) for needed in reversed(list(needs(item))) if id(needed) not in done)


def reach(start: Iterable[H], following: Callable[[H], Iterable[H]]) -> set[H]:
    """The start, what follows from it, and what follows from that. ``following`` is asked once for each."""
    found = set(start)
    waiting = list(found)
    while waiting:
        new = set(following(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def find_cycle(needs: Mapping[T, Iterable[T]]) -> list[T] | None:
    """The names of a cycle, first one repeated at the end, or None when there is none."""
    from graphlib import CycleError, TopologicalSorter

    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return None
