"""The state of moto in one file: every live backend, pickled together, and restored in a new process.

Ids, KMS keys, S3 versions, tags and dates come back equal; how, is told in `pickling`. What grows for ever lies beside
the snapshot, which names it: bodies of objects (`blobs`), and the entries of shelves (`database`).

The file is sealed (`seal`), and nothing is unpickled that was not sealed here, because a pickle runs code. It is tied
to moto's version, because it names moto's classes; a snapshot of another version is not loaded.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud import seal
from mlops_iac.cloud.blobs import Place
from mlops_iac.cloud.database import Database, Entry
from mlops_iac.cloud.home import SNAPSHOT, Home
from mlops_iac.cloud.home import previous as previous_name
from mlops_iac.cloud.pickling import PER_PROCESS, Unpickler, find_backends, pickler
from mlops_iac.core.strict_json import read_json

if TYPE_CHECKING:
    from mlops_iac.cloud.shelf import Shelf

_MAGIC: Final = b"mlops-iac cloud snapshot 4\n"

Store = dict[str, dict[Any, Any]]


class NotLoadable(Exception):
    """The snapshot is another version's, damaged, or not ours; the message says which, in a sentence."""


@dataclass(frozen=True)
class Dumped:
    content: bytes
    """What `write` seals."""
    named: Named
    entries: list[Entry]
    """What changed on shelves, for the database, before the snapshot is written."""
    shelves: list[Shelf]
    """They wait to be told whether it was."""
    dropped: frozenset[str]
    """Types of which something could not be kept: a generator that waits to be asked, an open file."""


@dataclass(frozen=True)
class Named:
    """What a snapshot needs beside itself."""

    files: frozenset[str] = frozenset()
    """The blobs' files that it names; those of shelves' entries are in the database."""
    save: int = 0
    """The number of the save whose entries it sees."""
    shelves: frozenset[int] = frozenset()


def dump(store: Store, save: int = 0) -> Dumped:
    """All state; ``save`` is the last one's number. The caller holds the gateway's lock, and settles the shelves."""
    from moto.core.base_backend import BackendDict

    live = {}
    for backends in BackendDict._instances:
        kind = backends.backend
        extra = {name: value for name, value in vars(backends).items() if name not in PER_PROCESS}
        for account, region, backend in backends.iter_backends():
            live[kind.__module__, kind.__name__, account, region] = (vars(backend), extra)
    buffer = io.BytesIO()
    made = pickler()(buffer)
    made.dump((live, {name: dict(values) for name, values in store.items()}))
    shelves, dropped = list(made.shelves.values()), set(made.dropped)
    entries: list[Entry] = []
    for shelf in shelves:
        changed, lost = shelf.collect()
        entries += changed
        dropped |= lost
    named = Named(frozenset(made.files), save + bool(entries), frozenset(made.shelves))
    head = {"moto": _moto_version(), "files": sorted(named.files), "save": named.save, "shelves": sorted(named.shelves)}
    content = json.dumps(head).encode() + b"\n" + buffer.getvalue()
    return Dumped(content, named, entries, shelves, frozenset(dropped))


def write(home: Home, content: bytes) -> None:
    """Seal it and let it take the old one's place, which stays as ``….previous``. Only this person can read them."""
    home.write(SNAPSHOT, _MAGIC + seal.seal(content, _MAGIC))


def previous(path: Path) -> Path:
    return path.with_name(previous_name(path.name))


def load(path: Path, database: Database) -> tuple[Store, Named]:
    """Put a snapshot's state into moto's backends; answers the store of our own parts, and what it names.

    `NotLoadable` says why it cannot be.
    """
    content = _unseal(path)
    head, _, pickled = content.partition(b"\n")
    described = read_json(head)
    if described["moto"] != _moto_version():
        raise NotLoadable(f"It was written with moto {described['moto']}; moto {_moto_version()} is installed.")
    named = _read_named(described)
    try:
        _check_entries(named, database)
        live, store = Unpickler(io.BytesIO(pickled), database).load()
    except Exception as error:  # what is gone, or not what it was, can raise anything
        raise NotLoadable(f"It is damaged ({type(error).__name__}: {error}).") from error
    for (module, name, account, region), (state, extra) in live.items():
        backends = find_backends(module, name)
        vars(backends).update(extra)
        vars(backends[account][region]).update(state)
    return store, named


def named_by(path: Path) -> Named:
    """What a snapshot names; nothing when it cannot be read."""
    try:
        return _read_named(read_json(_unseal(path).partition(b"\n")[0]))
    except (NotLoadable, OSError):
        return Named()


def _read_named(described: dict[str, Any]) -> Named:
    return Named(frozenset(described["files"]), described["save"], frozenset(described["shelves"]))


def _check_entries(named: Named, database: Database) -> None:
    """Raise OSError unless the entries are there, and the bodies that they name."""
    if database.last_save() < named.save:
        raise OSError(f"{database.path.name} is older than it, or gone")
    for file, size in database.sizes():
        database.blobs.at(Place(file, 0, size))


def _unseal(path: Path) -> bytes:
    found = path.read_bytes()
    if not found.startswith(_MAGIC):
        raise NotLoadable("It is not a snapshot of this version of mlops-iac.")
    try:
        return seal.unseal(found[len(_MAGIC) :], _MAGIC)
    except seal.NotOurs:
        raise NotLoadable(
            "It was not written by a cloud of yours on this machine, or it was changed since; loading it could run "
            "somebody else's code."
        ) from None


def _moto_version() -> str:
    import moto

    return str(moto.__version__)
