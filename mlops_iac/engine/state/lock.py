"""One writer at a time: a lock file that says who holds the stack.

The files are those of Pulumi's self-managed backend, so the Pulumi CLI honours our locks and we honour its.
Source: pulumi/pulumi, ``pkg/backend/diy/lock.go``.

Beside that a holder keeps its own file locked (flock(2)) for as long as it runs, and the file says so. The system gives
that up the moment the process ends, however it ends, and never before: neither a suspended process nor a number that
was given away to another process is mistaken. A file without it (the Pulumi CLI's, or one on a file system that knows
no such locks) holds while there is any process of its number.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mlops_iac.core.errors import StateError
from mlops_iac.core.strict_json import read_json
from mlops_iac.engine.state.files import explained, make_folder, write_file
from mlops_iac.engine.state.record import now


@dataclass(frozen=True)
class Holder:
    """Who has a stack locked."""

    pid: int
    username: str
    hostname: str
    timestamp: str
    flock: bool = False
    """Whether the process keeps the file locked while it runs. Pulumi passes over fields that it does not know."""

    @classmethod
    def this_process(cls) -> Holder:
        return cls(os.getpid(), _username(), socket.gethostname(), now(), flock=True)

    @classmethod
    def of_text(cls, text: str) -> Holder:
        """What a lock says. One that says nothing still locks."""
        try:
            fields = read_json(text)
            named = fields["username"], fields["hostname"], fields["timestamp"]
            return cls(int(fields["pid"]), *named, flock=fields.get("flock") is True)
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls(0, "somebody", "an unknown machine", "an unknown time")

    def is_gone(self, path: Path | None = None) -> bool:
        """True when the process ended without freeing its lock. Only a process of this machine can be looked up.

        ``path``: of the lock's file; None where it is none.
        """
        if self.hostname != socket.gethostname():
            return False
        return _is_free(path) if self.flock and path is not None else not _is_running(self.pid)


@contextmanager
def locked(folder: Path, stack: str) -> Iterator[None]:
    """Hold the stack while the block runs. Raises StateError naming the holder when somebody else has it."""
    make_folder(folder)
    own, held = folder / f"{uuid.uuid4()}.json", None
    try:
        with _one_at_a_time(folder):
            for path in sorted(folder.glob("*.json")):
                _refuse_or_free(path, stack)
            held = _take(own)
        yield
    finally:
        if held is not None:
            os.close(held)
        # On a disk that became read-only it stays, and counts no more once this process is gone.
        with suppress(OSError):
            own.unlink(missing_ok=True)


def _take(path: Path) -> int | None:
    """Write our own file and keep it locked; answers what has to stay open, None where files cannot be locked."""
    holder = Holder.this_process()
    write_file(path, json.dumps(vars(holder)))  # may fail after the file is there
    with explained(path):
        file = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        write_file(path, json.dumps(vars(replace(holder, flock=False))))
        return None
    return file


def _is_free(path: Path) -> bool:
    """Whether nobody keeps a file locked. One that cannot be asked counts as held."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _refuse_or_free(path: Path, stack: str) -> None:
    holder = _read(path)
    if holder is None:
        return
    if holder.is_gone(path):
        with explained(path):
            path.unlink(missing_ok=True)
        return
    raise StateError(
        "The stack is locked.",
        f"`{stack}` is being changed by process {holder.pid} of {holder.username} on {holder.hostname},"
        f" since {holder.timestamp}.",
        hint=f"wait until it is done; if that process is no more, delete {path}.",
    )


def _read(path: Path) -> Holder | None:
    """The holder a lock file names; None when it went away meanwhile."""
    try:
        return Holder.of_text(path.read_text("utf-8", errors="replace"))
    except FileNotFoundError:
        return None


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Looking for other locks and writing our own is one act: two processes cannot both find the stack free."""
    path = folder.parent / f".{folder.name}.guard"
    with explained(path):
        guard = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield
    finally:
        os.close(guard)


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
