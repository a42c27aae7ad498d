"""Random programs as data: what a program registers, and how hypothesis makes several versions of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

OUTPUTS = ("arn", "label", "password")
"""What one thing may take from another; the password is a secret."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One registration. ``id`` is who it is in every version, whatever it is called there."""

    id: int
    box: bool = False
    parent: int | None = None
    """The id of a box; the same in every version, as no program here moves a part."""
    fixed: bool = False
    """It has a physical name of its own, so that its replacement cannot stand beside it."""
    adopts: bool = False
    """It is there before the program is, and taken over (`import_`)."""
    goes_with: int | None = None
    """The id of a thing that takes it along when it goes (`deleted_with`)."""
    generation: int = 0
    """How often it was renamed. Its other names are its aliases."""
    size: int = 0
    place: str | None = None
    """A change of it is a replacement."""
    token: str | None = None
    """A secret input."""
    source: tuple[int, str] | None = None
    """An output of another part, as an input that is updated."""
    home: tuple[int, str] | None = None
    """An output of another part, as an input that replaces."""
    sealed: bool = False
    """Makes the source a secret, known or not."""
    asks: bool = False
    """Has an input that an invoke answers, which is asked about the source."""
    after: tuple[int, ...] = ()
    abroad: bool = False
    """In another region, by an explicit provider."""
    protect: bool = False
    retain: bool = False
    delete_first: bool | None = None
    ignore_size: bool = False
    replace_on_size: bool = False
    secret_arn: bool = False

    @property
    def name(self) -> str:
        return name_of(self.id, self.generation)

    @property
    def label(self) -> str | None:
        if self.adopts:
            return f"guest-{self.id}"
        return f"fixed-{self.id}" if self.fixed else None

    def takes(self) -> tuple[int, ...]:
        """The ids this part refers to."""
        taken = tuple(taken[0] for taken in (self.source, self.home) if taken)
        return taken + self.after + (() if self.goes_with is None else (self.goes_with,))


def name_of(id: int, generation: int) -> str:
    return f"{'abcdefghij'[id % 10]}{id}-{generation}"


@dataclass(frozen=True)
class Version:
    """The parts in the order in which the program registers them."""

    parts: tuple[Part, ...] = ()
    reads: bool = False
    """It also reads a resource that is not its own."""

    @property
    def things(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if not part.box)

    @property
    def protects(self) -> bool:
        return any(part.protect for part in self.parts)

    def unprotected(self) -> Version:
        return replace(self, parts=tuple(replace(part, protect=False) for part in self.parts))


GENERATIONS = 2


def repaired(parts: list[Part]) -> tuple[Part, ...]:
    """The parts with every reference to something that is registered earlier, and with nothing in a box that is gone.

    What breaks by the program's own fault is taken out here: a physical name that two objects would need at once, a
    thing to be taken over of which the program says more than the cloud knows.
    """
    boxes = {part.id for part in parts if part.box}
    kept: list[Part] = []
    for part in sorted(parts, key=lambda part: not part.box):
        if part.parent is not None and part.parent not in boxes:
            continue
        known = _known_to(part, kept)
        things = known - boxes
        along = part.goes_with if part.goes_with in things and not part.adopts else None
        named = part.adopts or (part.fixed and along is None)
        kept.append(
            replace(
                part,
                goes_with=along,
                fixed=part.fixed and along is None,
                token=None if part.adopts else part.token,
                asks=part.asks and not part.adopts,
                source=part.source if part.source and part.source[0] in things and not part.adopts else None,
                home=part.home if part.home and part.home[0] in things and not part.adopts else None,
                after=tuple(id for id in part.after if id in known),
                retain=part.retain and not named,
                delete_first=part.delete_first or None if named else part.delete_first,
            )
        )
    return tuple(kept)


def _known_to(part: Part, earlier: list[Part]) -> set[int]:
    """Ids that a part can refer to. To stand on a box is to stand on all that is in it: nothing in it can, even by way
    of others."""
    above = {part.id for part in earlier if part.box}
    for other in earlier:
        if not above.isdisjoint(other.takes()):
            above.add(other.id)
    inside = part.parent is not None
    return {other.id for other in earlier} - (above if inside else set())


BOXES = st.builds(Part, id=st.just(0), box=st.just(True), generation=st.integers(0, 1))


def things(id: int, others: int) -> st.SearchStrategy[Part]:
    """A thing in its first version; ``others`` is the number of ids it may refer to."""
    takes = st.none() | st.tuples(st.integers(0, others), st.sampled_from(OUTPUTS))
    return st.builds(
        Part,
        id=st.just(id),
        parent=st.sampled_from([None, 0]),
        fixed=st.booleans(),
        size=st.integers(0, 2),
        place=st.sampled_from([None, "north", "south"]),
        token=st.sampled_from([None, "one", "two"]),
        source=takes,
        home=takes,
        sealed=st.booleans(),
        asks=st.integers(0, 4).map(lambda number: number == 4),
        after=st.lists(st.integers(0, others), max_size=2, unique=True).map(tuple),
        goes_with=st.none() | st.integers(1, others),
        **options(),
    )


def options() -> dict[str, st.SearchStrategy[Any]]:
    rarely = st.integers(0, 4).map(lambda number: number == 4)
    return {
        "adopts": rarely,
        "abroad": rarely,
        "protect": rarely,
        "retain": rarely,
        "delete_first": st.sampled_from([None, None, True, False]),
        "ignore_size": rarely,
        "replace_on_size": rarely,
        "secret_arn": rarely,
    }


@st.composite
def first_versions(draw: st.DrawFn) -> Version:
    count = draw(st.integers(1, 5))
    parts = [draw(BOXES)] if draw(st.booleans()) else []
    parts += [draw(things(id, count)) for id in range(1, count + 1)]
    return Version(repaired(parts), reads=draw(st.integers(0, 5)) == 5)


@st.composite
def next_versions(draw: st.DrawFn, before: Version) -> Version:
    """A few changes to a version: changed inputs and options, renames, removals, additions, another order."""
    parts = list(before.parts)
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["change", "change", "change", "rename", "remove", "add", "order"]))
        if kind == "add" or not parts:
            id = max((part.id for part in parts), default=0) + draw(st.integers(1, 3))
            parts.append(draw(things(id, id)))
        elif kind == "order":
            parts = draw(st.permutations(parts))
        else:
            index = draw(st.integers(0, len(parts) - 1))
            if kind == "remove":
                del parts[index]
            elif kind == "rename":
                parts[index] = replace(parts[index], generation=(parts[index].generation + 1) % GENERATIONS)
            elif not parts[index].box:
                parts[index] = draw(changed(parts[index]))
    return Version(repaired(parts), reads=draw(st.integers(0, 5)) == 5)


@st.composite
def changed(draw: st.DrawFn, part: Part) -> Part:
    """The same part with one or two of its inputs or options drawn anew."""
    fresh = draw(things(part.id, max(part.id, 3)))
    names = ("size", "place", "token", "source", "home", "sealed", "asks", "after", "goes_with", *options())
    picked = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    return replace(part, **{name: getattr(fresh, name) for name in picked})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong in an operation, and when."""

    kind: str
    """Of the cloud's calls: ``refuse``, ``break`` (500, not carried out), ``lose`` (carried out, the answer is lost),
    ``stop`` (Ctrl-C at this call). Of the machine: ``die`` (as if killed), ``kill`` (a process that really
    is), ``full`` (the disk, from then on). Of the program: ``raise``."""
    at: int


FAULTS = st.builds(
    Fault,
    kind=st.sampled_from(["refuse", "break", "lose", "lose", "stop", "die", "die", "die", "kill", "full", "raise"]),
    at=st.integers(0, 11) | st.integers(0, 60),
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """One command that somebody runs, or, as ``meddle``, what somebody does to the cloud behind our back."""

    verb: str
    """``up``, ``refresh``, ``destroy`` or ``meddle``."""
    version: int = 0
    fault: Fault | None = None
    flag: str = ""
    """``targets``, ``excludes`` or ``replaces``, with ``picks``; or nothing."""
    picks: tuple[int, ...] = ()
    """Places among what there is to choose from, counted round and round."""
    dependents: bool = False
    refresh: bool = False
    keeps_going: bool = False
    """``--continue-on-error``."""
    planned: bool = False
    """An `up` that carries out a plan, made just before."""
    other: int | None = None
    """With a plan: the version it was made of, when that is another one."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """What is tried: versions of a program, commands, and then an end that must be good."""

    versions: tuple[Version, ...]
    acts: tuple[Act, ...]
    parallel: int = 1
    tries: int = 1
    """How often the engine tries a call that fails in passing."""


VERBS = ("up", "up", "up", "up", "up", "refresh", "destroy", "meddle")
FLAGS = ("", "", "", "", "targets", "excludes", "replaces")


@st.composite
def acts(draw: st.DrawFn, versions: int) -> Act:
    flag = draw(st.sampled_from(FLAGS))
    picks = draw(st.lists(st.integers(0, 5), min_size=1, max_size=2, unique=True)) if flag else []
    planned = not flag and draw(st.booleans())
    return Act(
        verb=draw(st.sampled_from(VERBS)),
        version=draw(st.integers(0, versions - 1)),
        fault=draw(st.none() | FAULTS),
        flag=flag,
        picks=tuple(picks),
        dependents=flag == "targets" and draw(st.booleans()),
        refresh=draw(st.integers(0, 3)) == 3,
        keeps_going=draw(st.integers(0, 3)) == 3,
        planned=planned,
        other=draw(st.sampled_from([None, *range(versions)])) if planned else None,
    )


@st.composite
def stories(draw: st.DrawFn) -> Story:
    versions = [draw(first_versions())]
    for _ in range(draw(st.integers(1, 2))):
        versions.append(draw(next_versions(versions[-1])))
    done = [Act(verb="up", version=0, fault=draw(st.none() | FAULTS), planned=draw(st.booleans()))]
    for _ in range(draw(st.integers(1, 3))):
        done.append(draw(acts(len(versions))))
    return Story(
        versions=tuple(versions),
        acts=tuple(done),
        parallel=draw(st.sampled_from([1, 1, 1, 8])),
        tries=draw(st.sampled_from([1, 1, 3])),
    )
