"""What is wrong inside a state that can be read, and how each is mended. Pure: a snapshot is changed in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from operator import ne

from mlops_iac.core import urns
from mlops_iac.core.urns import ProviderReference
from mlops_iac.engine.deciding.graph import find_cycle
from mlops_iac.engine.state.edits import keeping, named
from mlops_iac.engine.state.journal import Lost
from mlops_iac.engine.state.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Repair:
    """One thing that was wrong, and what was done about it."""

    urn: str
    problem: str
    action: str

    def __str__(self) -> str:
        return f"{self.urn}\n  {self.problem}: {self.action}"


def repair(snapshot: Snapshot, *, forget_pending: bool = False) -> list[Repair]:
    """Mend the snapshot, and say what was mended, in the order in which it was done. Nothing wrong: an empty list.

    Operations that were cut off are left to the next `up`, which looks up what became of them; ``forget_pending``
    forgets them, and with them the only trace of what a create may have made.
    """
    done: list[Repair] = []
    for mend in (_doubled, _orphans, _dangling, _without_provider, _cycles):
        done += mend(snapshot)
    return done + (_pending(snapshot) if forget_pending else [])


def lost_step(lost: Lost) -> Repair:
    """A line of the journal that cannot be read: what it said of its resource has to be asked of the cloud."""
    return Repair(
        urn=", ".join(lost.urns) or "a resource that is not known any more",
        problem=f"line {lost.number} of the journal cannot be read",
        action="left out; `refresh` shows what has become of the resources in the state, `import_` takes over others",
    )


def relink(snapshot: Snapshot) -> None:
    """Take out every mention of what is no longer there: a read of the cloud may find that things are gone on which
    others, in state, still stand."""
    _orphans(snapshot)
    _dangling(snapshot)


def _doubled(snapshot: Snapshot) -> list[Repair]:
    """Of two live resources with one URN the one that was changed last is the resource.

    Another one with an id of its own is something that was made: it is kept, to be deleted by the next `up`.
    """
    done: list[Repair] = []
    live: dict[str, list[int]] = {}
    for key, record in snapshot.records.items():
        if not record.delete:
            live.setdefault(record.urn, []).append(key)
    for urn, keys in live.items():
        if len(keys) < 2:
            continue
        newest = max(keys, key=lambda key: (snapshot.records[key].modified or "", key))
        for key in keys:
            if key != newest:
                done.append(_settle_double(snapshot, urn, key, newest))
        snapshot.put(newest, snapshot.records[newest])  # so that it is the one that the URN finds
    return done


def _settle_double(snapshot: Snapshot, urn: str, key: int, newest: int) -> Repair:
    record = snapshot.records[key]
    if record.custom and record.id and record.id != snapshot.records[newest].id:
        snapshot.put(key, replace(record, delete=True))
        return Repair(
            urn=urn, problem="it is there twice", action=f"{record.id}, the older, is deleted by the next `up`"
        )
    snapshot.drop(key)
    return Repair(urn=urn, problem="it is there twice", action="the older record is removed")


def _orphans(snapshot: Snapshot) -> list[Repair]:
    """A missing parent is replaced by the stack itself. The URN stays: it is how the program finds the resource."""
    done: list[Repair] = []
    known = {record.urn for record in snapshot}
    root = next((record.urn for record in snapshot if record.is_stack and not record.delete), None)
    for key, record in list(snapshot.records.items()):
        if record.parent and record.parent not in known:
            snapshot.put(key, replace(record, parent=root))
            to = "it belongs to the stack itself now" if root else "it has no parent now"
            done.append(Repair(urn=record.urn, problem=f"its parent {record.parent} is not there", action=to))
    return done


def _dangling(snapshot: Snapshot) -> list[Repair]:
    known = {record.urn for record in snapshot}
    done: list[Repair] = []
    for key, record in list(snapshot.records.items()):
        missing = named(record) - known
        if missing:
            snapshot.put(key, keeping(record, known.__contains__))
            done += [
                Repair(urn=record.urn, problem=f"it needs {urn}, which is not there", action="it no longer says so")
                for urn in sorted(missing)
            ]
    return done


def _without_provider(snapshot: Snapshot) -> list[Repair]:
    """The package's default provider takes the place of a missing one; without any, the next `up` finds one."""
    known = {record.urn for record in snapshot}
    defaults = {
        record.type: ProviderReference(record.urn, record.id) for record in snapshot if record.is_default_provider
    }
    done: list[Repair] = []
    for key, record in list(snapshot.records.items()):
        urn = record.provider_urn
        if urn and urn not in known:
            other = defaults.get(urns.parse(urn).type)
            snapshot.put(key, replace(record, provider=str(other) if other else None))
            action = f"it uses {urns.parse(other.urn).name} now" if other else "it names none now"
            done.append(Repair(urn=record.urn, problem=f"its provider {urn} is not there", action=action))
    return done


def _cycles(snapshot: Snapshot) -> list[Repair]:
    """Resources that need each other: the need that closes the circle is forgotten. Parents are never forgotten so."""
    done: list[Repair] = []
    while cycle := find_cycle({record.urn: sorted(record.needs()) for record in snapshot if not record.delete}):
        step = _breakable(snapshot, cycle)
        if step is None:
            break
        urn, needed = step
        for key, record in list(snapshot.records.items()):
            if record.urn == urn:
                snapshot.put(key, keeping(record, partial(ne, needed)))
        done.append(Repair(urn=urn, problem=f"it and {needed} need each other", action="it no longer says so"))
    return done


def _breakable(snapshot: Snapshot, cycle: list[str]) -> tuple[str, str] | None:
    """A step of the cycle that is a dependency, and not a parent or a provider."""
    for one, other in pairwise(cycle):
        for urn, needed in ((one, other), (other, one)):
            record = snapshot.find(urn)
            if record and needed in record.needs() and needed not in (record.parent, record.provider_urn):
                return urn, needed
    return None


def _pending(snapshot: Snapshot) -> list[Repair]:
    done = [
        Repair(
            urn=pending.record.urn,
            problem=f"an operation on it ({pending.kind}) was cut off",
            action="forgotten; look in the cloud for what it may have made"
            if pending.kind == "creating"
            else "forgotten",
        )
        for pending in snapshot.pending.values()
    ]
    snapshot.pending.clear()
    return done
