"""One writer at a time: a lock file that says who holds the stack.

The files are those of Pulumi's self-managed backend, so the Pulumi CLI honours our locks and we honour its.
Source: pulumi/pulumi, ``pkg/backend/diy/lock.go``.
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
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlops_iac.core.errors import StateError
from mlops_iac.engine.state.files import explained, make_folder, write_file
from mlops_iac.engine.state.record import now


@dataclass(frozen=True)
class Holder:
    """Who has a stack locked."""

    pid: int
    username: str
    hostname: str
    timestamp: str

    @classmethod
    def this_process(cls) -> Holder:
        return cls(os.getpid(), _username(), socket.gethostname(), now())

    def is_gone(self) -> bool:
        """True when the process ended without freeing its lock. Only a process of this machine can be looked up."""
        if self.hostname != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return self._pid_is_reused()

    def _pid_is_reused(self) -> bool:
        """Whether the process of this number began after the lock was taken (where the system tells; else False)."""
        try:
            began = os.stat(f"/proc/{self.pid}").st_ctime
            taken = datetime.fromisoformat(self.timestamp).astimezone(UTC).timestamp()
        except (OSError, ValueError):
            return False
        return began > taken + 1


@contextmanager
def locked(folder: Path, stack: str) -> Iterator[None]:
    """Hold the stack while the block runs. Raises StateError naming the holder when somebody else has it."""
    make_folder(folder)
    own = folder / f"{uuid.uuid4()}.json"
    try:
        with _one_at_a_time(folder):
            for path in sorted(folder.glob("*.json")):
                _refuse_or_free(path, stack)
            write_file(own, json.dumps(vars(Holder.this_process())))  # may fail after the file is there
        yield
    finally:
        # On a disk that became read-only it stays, and counts no more once this process is gone.
        with suppress(OSError):
            own.unlink(missing_ok=True)


def _refuse_or_free(path: Path, stack: str) -> None:
    holder = _read(path)
    if holder is None:
        return
    if holder.is_gone():
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
    """The holder a lock file names; None when it went away meanwhile. A file that says nothing still locks."""
    try:
        fields = json.loads(path.read_text("utf-8"))
        return Holder(int(fields["pid"]), fields["username"], fields["hostname"], fields["timestamp"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return Holder(0, "somebody", "an unknown machine", "an unknown time")


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
