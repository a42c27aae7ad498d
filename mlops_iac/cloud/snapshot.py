"""The whole state of moto in one file: every live backend, pickled together, and restored in a new process.

Ids, KMS keys, S3 versions, tags and dates come back equal; how, is told in `pickling`. Bodies of objects lie beside the
snapshot (`blobs`), which names them.

The file is sealed (`seal`), and nothing is unpickled that was not sealed here, because a pickle runs code. It is tied
to moto's version, because it names moto's classes; a snapshot of another version is not loaded.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlops_iac.cloud import seal
from mlops_iac.cloud.blobs import Blobs
from mlops_iac.cloud.home import SNAPSHOT, Home
from mlops_iac.cloud.home import previous as previous_name
from mlops_iac.cloud.pickling import PER_PROCESS, Unpickler, find_backends, pickler
from mlops_iac.core.strict_json import read_json

_MAGIC: Final = b"mlops-iac cloud snapshot 3\n"

Store = dict[str, dict[Any, Any]]


class NotLoadable(Exception):
    """The snapshot is another version's, damaged, or not ours; the message says which, in a sentence."""


@dataclass(frozen=True)
class Dumped:
    content: bytes
    """What `write` seals."""
    files: frozenset[str]
    """The blobs' files that it names."""
    dropped: frozenset[str]
    """Types of which something could not be kept: a generator that waits to be asked, an open file."""


def dump(store: Store) -> Dumped:
    """All state. The caller holds the gateway's lock."""
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
    head = json.dumps({"moto": _moto_version(), "files": sorted(made.files)}).encode()
    return Dumped(head + b"\n" + buffer.getvalue(), frozenset(made.files), frozenset(made.dropped))


def write(home: Home, content: bytes) -> None:
    """Seal it and let it take the old one's place, which stays as ``….previous``. Only this person can read them."""
    home.write(SNAPSHOT, _MAGIC + seal.seal(content, _MAGIC))


def previous(path: Path) -> Path:
    return path.with_name(previous_name(path.name))


def load(path: Path, blobs: Blobs) -> tuple[Store, frozenset[str]]:
    """Put a snapshot's state into moto's backends; answers the store of our own parts, and the blobs' files it names.

    `NotLoadable` says why it cannot be.
    """
    content = _unseal(path)
    head, _, pickled = content.partition(b"\n")
    described = read_json(head)
    if described["moto"] != _moto_version():
        raise NotLoadable(f"It was written with moto {described['moto']}; moto {_moto_version()} is installed.")
    try:
        live, store = Unpickler(io.BytesIO(pickled), blobs).load()
    except Exception as error:  # what is gone, or not what it was, can raise anything
        raise NotLoadable(f"It is damaged ({type(error).__name__}: {error}).") from error
    for (module, name, account, region), (state, extra) in live.items():
        backends = find_backends(module, name)
        vars(backends).update(extra)
        vars(backends[account][region]).update(state)
    return store, frozenset(described["files"])


def files_of(path: Path) -> frozenset[str]:
    """The blobs' files that a snapshot names; none when it cannot be read."""
    try:
        return frozenset(read_json(_unseal(path).partition(b"\n")[0])["files"])
    except (NotLoadable, OSError):
        return frozenset()


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
