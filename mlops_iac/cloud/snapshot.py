"""The whole state of moto in one file: every live backend, pickled together, and restored in a new process.

Ids, KMS keys, S3 versions, tags and dates come back equal. What plain pickle cannot do is done here: models point back
at their backend (stored by name, so that there is one backend and not a second copy of it), locks, threads, private
keys, weak dictionaries, and moto's own dictionaries whose constructors take arguments.

The file is tied to moto's version, because it names moto's classes; a snapshot of another version is not loaded.
Only this program's own files are ever loaded: pickles run code, so the folder is 0700 and the file must be ours.
"""

from __future__ import annotations

import collections
import importlib
import io
import os
import pickle
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cloudpickle

from mlops_iac.cloud.blobs import LARGE, READING, Blobs

_MAGIC: Final = b"mlops-iac cloud snapshot 1\n"
_RLOCK, _LOCK = type(threading.RLock()), type(threading.Lock())
_PER_PROCESS: Final = frozenset({"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"})
"""What a `BackendDict` gets from its module; anything else on it is state (S3: which account owns a bucket's name)."""

REDUCERS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {}
"""How patches want their classes to be pickled: class to a function that answers like ``__reduce__``."""

Store = dict[str, dict[Any, Any]]


class NotLoadable(Exception):
    """The snapshot is another version's, damaged, or not ours; the message says which, in a sentence."""


def dump(store: Store, blobs: Blobs) -> bytes:
    """All state as bytes; large bodies go to ``blobs``. The caller holds the gateway's lock."""
    from moto.core.base_backend import BackendDict

    live = {}
    for backends in BackendDict._instances:
        kind = backends.backend
        extra = {name: value for name, value in vars(backends).items() if name not in _PER_PROCESS}
        for account, region, backend in backends.iter_backends():
            live[kind.__module__, kind.__name__, account, region] = (vars(backend), extra)
    buffer = io.BytesIO()
    _pickler(blobs)(buffer).dump((live, {name: dict(values) for name, values in store.items()}))
    return _MAGIC + _moto_version().encode() + b"\n" + buffer.getvalue()


def write(path: Path, pickled: bytes) -> None:
    """Atomically and durably, readable by this person only: the old snapshot stays until the new one is complete."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pickled)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def load(path: Path, blobs: Blobs) -> Store:
    """Put a snapshot's state into moto's backends; answers the store of our own parts. `NotLoadable` says why not."""
    with path.open("rb") as file:
        _check_owner(file.fileno())
        if file.readline() != _MAGIC:
            raise NotLoadable("It is not a snapshot of this version of mlops-iac.")
        version = file.readline().decode(errors="replace").strip()
        if version != _moto_version():
            raise NotLoadable(f"It was written with moto {version}; moto {_moto_version()} is installed.")
        READING.append(blobs)
        try:
            live, store = _Unpickler(file).load()
        except Exception as error:  # a damaged pickle can raise anything
            raise NotLoadable(f"It is damaged ({type(error).__name__}: {error}).") from error
        finally:
            READING.pop()
    for (module, name, account, region), (state, extra) in live.items():
        backends = _find_backends(module, name)
        vars(backends).update(extra)
        vars(backends[account][region]).update(state)
    return store


def _check_owner(descriptor: int) -> None:
    if hasattr(os, "geteuid") and os.fstat(descriptor).st_uid != os.geteuid():
        raise NotLoadable("The file belongs to another user, and loading it would run that user's code.")


def _moto_version() -> str:
    import moto

    return str(moto.__version__)


def _find_backends(module: str, name: str) -> Any:
    """The `BackendDict` of a backend class: in a fresh process moto's own list of them is still empty."""
    from moto.core.base_backend import BackendDict

    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, BackendDict) and value.backend.__name__ == name:
            return value
    raise LookupError(f"{module} has no backends of {name}")


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        kind, module, name, *place = pid
        backends = _find_backends(module, name)
        if kind == "backends":
            return backends
        account, region = place
        return backends[account][region]


def _pickler(blobs: Blobs) -> type[cloudpickle.Pickler]:
    """The pickler class, made late: its reducers name moto's and cryptography's classes, which are slow to import."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from moto.core.base_backend import BackendDict, BaseBackend
    from moto.s3.models import FakeKey
    from moto.s3.utils import _VersionedKeyStore

    keys = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)

    class Pickler(cloudpickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            if isinstance(value, BaseBackend):
                kind = type(value)
                return ("backend", kind.__module__, kind.__name__, value.account_id, value.region_name)
            if isinstance(value, BackendDict):
                return ("backends", value.backend.__module__, value.backend.__name__)
            return None

        def reducer_override(self, value: Any) -> Any:
            if type(value) in REDUCERS:
                return REDUCERS[type(value)](value)
            if isinstance(value, FakeKey) and not value.disposed and value.contentsize > LARGE:
                return blobs.reduce(value)
            if isinstance(value, _RLOCK):
                return threading.RLock, ()
            if isinstance(value, _LOCK):
                return threading.Lock, ()
            if isinstance(value, threading.Thread):
                return type(None), ()
            if isinstance(value, keys):
                return _load_key, (_key_bytes(value),)
            if isinstance(value, weakref.WeakValueDictionary):
                return _make_weak, (list(value.items()),)
            if isinstance(value, _VersionedKeyStore):  # its items() shows the newest version only
                return _make_versions, ([(key, value.getlist(key)) for key in dict.keys(value)],)
            if isinstance(value, collections.defaultdict) and type(value).__module__.startswith("moto."):
                return _make_dict, (type(value), value.default_factory, list(dict.items(value)), vars(value))
            return super().reducer_override(value)

    return Pickler


def _key_bytes(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))


def _load_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization

    return serialization.load_pem_private_key(pem, None)


def _make_weak(items: list[tuple[Any, Any]]) -> weakref.WeakValueDictionary[Any, Any]:
    return weakref.WeakValueDictionary(items)


def _make_versions(items: list[tuple[Any, list[Any]]]) -> Any:
    from moto.s3.utils import _VersionedKeyStore

    store = _VersionedKeyStore()
    for key, versions in items:
        store.setlist(key, versions)
    return store


def _make_dict(kind: Any, factory: Callable[[], Any], items: list[tuple[Any, Any]], attributes: dict[str, Any]) -> Any:
    """One of moto's dictionaries, without calling its constructor."""
    made = kind.__new__(kind)
    made.default_factory = factory
    for key, value in items:
        dict.__setitem__(made, key, value)
    vars(made).update(attributes)
    return made
