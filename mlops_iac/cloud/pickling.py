"""How moto's state is pickled, where plain pickle cannot do it.

Models point back at their backend (stored by name, so that there is one backend and not a second copy of it), and there
are locks, threads, private keys, weak dictionaries, and moto's own dictionaries whose constructors take arguments. What
cannot be kept at all, such as a generator that some answer left behind, is left out and told.
"""

from __future__ import annotations

import collections
import datetime
import functools
import importlib
import io
import pickle
import threading
import types
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import cloudpickle

from mlops_iac.cloud.appended import Appended
from mlops_iac.cloud.blobs import Body, Place
from mlops_iac.cloud.database import Database

if TYPE_CHECKING:
    from mlops_iac.cloud.shelf import Shelf

_RLOCK, _LOCK = type(threading.RLock()), type(threading.Lock())
_VIEWS: Final[tuple[Any, ...]] = (type({}.keys()), type({}.values()), type({}.items()))
_SURE: Final = frozenset({datetime.datetime, datetime.timedelta, collections.OrderedDict})
"""Types that pickle knows, and that never fail."""
PER_PROCESS: Final = frozenset({"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"})
"""What a `BackendDict` gets from its module; anything else on it is state (S3: which account owns a bucket's name)."""

_NOBODY: Final = object()

REDUCERS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {}
"""How patches want their classes to be pickled: class to a function that answers like ``__reduce__``."""


def find_backends(module: str, name: str) -> Any:
    """The `BackendDict` of a backend class: in a fresh process moto's own list of them is still empty."""
    from moto.core.base_backend import BackendDict

    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, BackendDict) and value.backend.__name__ == name:
            return value
    raise LookupError(f"{module} has no backends of {name}")


class Unpickler(pickle.Unpickler):
    """``owner``: what an entry of a shelf points back at."""

    def __init__(self, file: io.BytesIO, database: Database, owner: Any = None) -> None:
        super().__init__(file)
        self._database, self._blobs, self._owner = database, database.blobs, owner

    def persistent_load(self, pid: Any) -> Any:
        kind, *named = pid
        if kind == "database":
            return self._database
        if kind == "owner":
            return self._owner
        if kind == "body":
            return self._body(*named)
        if kind == "appended":
            return Appended.restored(self._blobs, [(self._body(md5, places), n) for md5, places, n in named[0]])
        module, name, *place = named
        backends = find_backends(module, name)
        if kind == "backends":
            return backends
        account, region = place
        return backends[account][region]

    def _body(self, md5: str, places: list[tuple[str, int, int]]) -> Body:
        return Body([self._blobs.at(Place(*place)) for place in places], md5)


class Pickled(NamedTuple):
    """An entry of a shelf."""

    content: bytes
    files: dict[str, int]
    """The blobs' files that it names, each with the bytes that it must have."""
    dropped: frozenset[str]
    """Types of which something could not be kept."""


def dump_entry(value: Any, owner: Any) -> Pickled:
    """``owner``: what the entry points back at, which is not in it."""
    buffer = io.BytesIO()
    made = pickler()(buffer, _NOBODY if owner is None else owner)
    made.dump(value)
    if made.shelves:
        raise TypeError("a shelf cannot lie on a shelf")
    return Pickled(buffer.getvalue(), made.files, frozenset(made.dropped))


def load_entry(content: bytes, database: Database, owner: Any) -> Any:
    return Unpickler(io.BytesIO(content), database, owner).load()


@functools.cache
def pickler() -> type[Any]:
    """The pickler class, made late: its reducers name moto's and cryptography's classes, which are slow to import."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from moto.core.base_backend import BackendDict, BaseBackend

    from mlops_iac.cloud.shelf import Shelf

    keys = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)

    plain: set[type] = set()
    """Types that have no name outside the pickle."""
    ordinary: set[type] = set()
    """Types that pickle reduces as they say themselves."""

    class Pickler(cloudpickle.Pickler):
        def __init__(self, file: io.BytesIO, owner: Any = _NOBODY) -> None:
            super().__init__(file)
            self._owner = owner
            self.files: dict[str, int] = {}
            self.dropped: set[str] = set()
            self.shelves: dict[int, Shelf] = {}

        def persistent_id(self, value: Any) -> Any:
            """Called for each thing there is, most of them strings: what needs nothing is found by its type at once."""
            if value is self._owner:
                return ("owner",)
            kind = type(value)
            if kind in plain:
                return None
            if kind is Database:
                return ("database",)
            if kind is Body:
                return ("body", *self._named(value))
            if kind is Appended:
                value.flush()
                return ("appended", [(*self._named(body), count) for body, count in value.parts])
            if isinstance(value, BaseBackend):
                return ("backend", kind.__module__, kind.__name__, value.account_id, value.region_name)
            if isinstance(value, BackendDict):
                return ("backends", value.backend.__module__, value.backend.__name__)
            if isinstance(value, Shelf):
                self.shelves[value.id] = value
                return None
            plain.add(kind)
            return None

        def _named(self, body: Body) -> tuple[str, list[tuple[Any, ...]]]:
            for file, offset, size in (blob.place for blob in body.blobs):
                self.files[file] = max(self.files.get(file, 0), offset + size)
            return body.md5, [tuple(blob.place) for blob in body.blobs]

        def reducer_override(self, value: Any) -> Any:
            kind = type(value)
            if kind in _SURE:
                return NotImplemented
            if kind in ordinary and kind not in REDUCERS:
                return self._reduce_or_drop(value)
            reduced = self._reduce_specially(kind, value)
            if reduced is not NotImplemented or _is_global(value) or kind in self.dispatch_table:
                return reduced
            ordinary.add(kind)
            return self._reduce_or_drop(value)

        def _reduce_specially(self, kind: type, value: Any) -> Any:
            if kind in REDUCERS:
                return REDUCERS[kind](value)
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
            if isinstance(value, collections.defaultdict) and kind.__module__.startswith("moto."):
                return _make_dict, (kind, value.default_factory, list(dict.items(value)), vars(value))
            if isinstance(value, _VIEWS):
                return list, (list(value),)
            return super().reducer_override(value)

        def _reduce_or_drop(self, value: Any) -> Any:
            """As pickle would do it itself; what says that it cannot be pickled is left out."""
            try:
                return value.__reduce_ex__(pickle.DEFAULT_PROTOCOL)
            except (TypeError, pickle.PicklingError, AttributeError, ValueError):
                self.dropped.add(f"{type(value).__module__}.{type(value).__qualname__}")
                return type(None), ()

    return Pickler


def _is_global(value: Any) -> bool:
    """What pickle stores by its name."""
    return isinstance(value, type | types.FunctionType)


def _key_bytes(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))


def _load_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization

    return serialization.load_pem_private_key(pem, None)


def _make_weak(items: list[tuple[Any, Any]]) -> weakref.WeakValueDictionary[Any, Any]:
    return weakref.WeakValueDictionary(items)


def _make_dict(kind: Any, factory: Callable[[], Any], items: list[tuple[Any, Any]], attributes: dict[str, Any]) -> Any:
    """One of moto's dictionaries, without calling its constructor."""
    made = kind.__new__(kind)
    made.default_factory = factory
    for key, value in items:
        dict.__setitem__(made, key, value)
    vars(made).update(attributes)
    return made
