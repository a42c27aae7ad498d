"""Which resources an operation touches, worked out before it starts from what the person named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from mlops_iac.core import urns
from mlops_iac.core.errors import PlanError, Problem, UsageError
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.engine.deciding.graph import reach
from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.state.record import Record


class Known(Protocol):
    """What `Record` and `Goal` have in common."""

    @property
    def parent(self) -> str | None: ...

    @property
    def custom(self) -> bool: ...

    @property
    def is_provider(self) -> bool: ...

    def needs(self) -> Iterable[str]: ...


@dataclass(frozen=True)
class Selection:
    """URNs. `EVERYTHING` is what an operation without flags has."""

    chosen: frozenset[str] | None = None
    """What is touched; None for everything."""
    along: frozenset[str] = frozenset()
    """Components around the chosen ones and providers under them: recorded with them, and never deleted with them."""
    replaced: frozenset[str] = frozenset()

    @property
    def is_partial(self) -> bool:
        return self.chosen is not None

    def covers(self, urn: str) -> bool:
        """Whether a resource that the program registers is settled, and not passed over."""
        return self.chosen is None or urn in self.chosen or urn in self.along

    def may_delete(self, urn: str) -> bool:
        return self.chosen is None or urn in self.chosen


EVERYTHING = Selection()


def select(options: Options, known: Mapping[str, Iterable[Known]]) -> Selection:
    """What the options choose among URNs, of which each may be known from the state, from the program, or from both.

    Raises UsageError that names every word nothing answers to, with the nearest name.
    """
    if not options.names_resources:
        return EVERYTHING
    replaced = _resolve(options.replaces, known, "--replace")
    if options.targets:
        chosen = _resolve(options.targets, known, "--target")
        chosen = _with_dependents(chosen, known) if options.target_dependents else chosen
    elif options.excludes:
        chosen = set(known) - _resolve(options.excludes, known, "--exclude")
    else:
        return Selection(replaced=frozenset(replaced))
    return Selection(frozenset(chosen), frozenset(_along(chosen, known)), frozenset(replaced & chosen))


def without_what_others_need(selection: Selection, known: Mapping[str, Iterable[Known]]) -> Selection:
    """For a `destroy --exclude`: what the excluded stand on stays with them."""
    if selection.chosen is None:
        return selection
    kept = reach(set(known) - selection.chosen, lambda urn: _needs(urn, known))
    return Selection(selection.chosen - kept)


def refuse_needed(doomed: Mapping[int, Record], records: Mapping[int, Record]) -> None:
    """Raise PlanError when something that stays stands on something that is to go; all of it is named."""
    going = {record.urn for record in doomed.values() if not record.delete}
    lines = [
        f"{record.urn} stands on {urns.parse(urn).name}"
        for key, record in records.items()
        if key not in doomed
        for urn in sorted(going & set(record.needs()))
    ]
    if lines:
        raise PlanError(
            "Something stands on what is to be deleted.",
            "Nothing was deleted:\n" + "\n".join(lines),
            hint="name these too, or add --target-dependents.",
        )


def _resolve(words: Iterable[str], known: Mapping[str, Iterable[Known]], flag: str) -> set[str]:
    by_name: dict[str, set[str]] = {}
    for urn in known:
        by_name.setdefault(urns.parse(urn).name, set()).add(urn)
    found: set[str] = set()
    unknown: list[Problem] = []
    for word in words:
        matches = {word} if word in known else by_name.get(word)
        if matches:
            found |= matches
        else:
            names: Iterable[str] = known if word.startswith("urn:") else by_name
            unknown.append(
                Problem(
                    summary="No such resource.",
                    detail=f"{flag} names `{word}`, which is neither in the state nor in the program.",
                    hint=did_you_mean(word, names),
                )
            )
    if unknown:
        raise UsageError.of(unknown)
    return found


def _with_dependents(chosen: set[str], known: Mapping[str, Iterable[Known]]) -> set[str]:
    """The chosen, and what stands on them, and what stands on that."""
    above: dict[str, set[str]] = {}
    for urn in known:
        for needed in _needs(urn, known):
            above.setdefault(needed, set()).add(urn)
    return reach(chosen, lambda urn: above.get(urn, ()))


def _along(chosen: set[str], known: Mapping[str, Iterable[Known]]) -> set[str]:
    """Components and providers that the chosen ones are in and use: no call stands behind them."""

    def is_free(urn: str) -> bool:
        return any(not item.custom or item.is_provider for item in known.get(urn, ()))

    return reach(chosen, lambda urn: filter(is_free, _needs(urn, known))) - chosen


def _needs(urn: str, known: Mapping[str, Iterable[Known]]) -> set[str]:
    """What a resource stands on, in the state or in the program."""
    return {needed for item in known.get(urn, ()) for needed in item.needs()}
