"""The embedded cloud as a background process: find, start, stop, reset it. Needs neither moto nor boto3 itself."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import ATTEMPTS, Clients, Credentials
from mlops_iac.cloud import own_calls
from mlops_iac.cloud import token as tokens
from mlops_iac.cloud.disk import find_fault
from mlops_iac.cloud.home import RECORD, SNAPSHOT, UNSAVED, previous
from mlops_iac.cloud.relay import relayed
from mlops_iac.core.errors import CloudError

START_TIMEOUT: Final = 30.0
"""Seconds until a start that does not answer is called failed. A quiet machine needs less than one."""

STOP_TIMEOUT: Final = 30.0
"""Seconds for jobs to be stopped and the state to be saved."""

ADVANCE_TIMEOUT: Final = 3600.0
"""Seconds for all that fires while the clock is moved on to be done."""

SNAPSHOTS: Final = (SNAPSHOT, previous(SNAPSHOT))

WITHOUT_IAM: Final = "--without-iam"

_POLL: Final = 0.02
_TAIL: Final = 20


@dataclass(frozen=True, kw_only=True)
class Running:
    pid: int
    endpoint: str
    """``http://127.0.0.1:<port>``"""
    started: float
    """Seconds since the epoch."""
    iam: bool = True
    """False when it was started without IAM: then every role may do everything."""


class EmbeddedCloud:
    """The one embedded cloud of a project, with its state in a folder (``<project>/.mlops-iac/cloud``)."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()

    def find(self) -> Running | None:
        """The running process, or None. What a dead process left behind is cleaned away."""
        record = self._read_record()
        if record is None:
            return None
        if self._is_ours(record):
            return record
        if not _is_alive(record.pid):
            with contextlib.suppress(FileNotFoundError):
                (self.home / RECORD).unlink()
        return None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept in it: it was never started, was reset while it stood, or its folder was deleted."""
        return not any((self.home / name).exists() for name in SNAPSHOTS) and self.find() is None

    @property
    def is_unclean(self) -> bool:
        """Whether the last process, or the one before the running one, was killed before it saved its last changes.

        Until somebody says that he was `told`, and has seen to it.
        """
        running = self.find()
        if running is None:
            return (self.home / UNSAVED).exists()
        health = own_calls.call(running.endpoint, "GET", "health", timeout=5, headers=self._authorization())
        return bool(health.get("unclean"))

    def told(self) -> None:
        """Somebody was told of the unclean end, and has seen to it."""
        running = self.find()
        if running:
            own_calls.call(running.endpoint, "POST", "told", timeout=5, headers=self._authorization())

    def save(self) -> None:
        """Have what changed saved now; CloudError when it cannot be. Nothing to do when it is not running."""
        running = self.find()
        if running:
            self._save(running)

    @property
    def is_without_iam(self) -> bool:
        """Whether it runs, and was started without IAM. Costs a look at a file when it was not."""
        record = self._read_record()
        return record is not None and not record.iam and self.find() is not None

    def start(self, *, iam: bool = True) -> Running:
        """Start the process when it is not running; waits until it answers. Two at once make one process.

        Without ``iam`` rights are not enforced until it stops. Raises CloudError when it runs with them already.
        """
        running = self.find()
        if running and running.iam and not iam:
            raise CloudError(
                "The embedded cloud runs with IAM.",
                f"Process {running.pid} enforces the rights of roles, and that does not change while it runs.",
                hint="`mlops-iac cloud stop`, then `mlops-iac cloud start --without-iam`.",
            )
        if running:
            return running
        self._prepare_home()
        with self._writable(), self._starting():
            return self.find() or self._spawn(iam)

    def stop(self) -> bool:
        """Stop the process, which saves its state; False when none was running.

        Raises CloudError, and leaves it running, when its state cannot be saved: stopping would lose it.
        """
        running = self.find()
        if running is None:
            return False
        self._save(running)
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        while _is_alive(running.pid):
            if time.monotonic() > deadline:
                raise CloudError(
                    "The embedded cloud does not stop.",
                    f"Process {running.pid} was asked to {STOP_TIMEOUT:.0f} seconds ago.\n{self._tail()}",
                    hint=f"kill -9 {running.pid}",
                )
            time.sleep(_POLL)
        return True

    def _save(self, running: Running) -> None:
        told = own_calls.call(running.endpoint, "POST", "save", timeout=STOP_TIMEOUT, headers=self._authorization())
        if not told.get("saved", True):
            raise CloudError(
                "The embedded cloud cannot save its state.",
                f"{self.home}: {told.get('fault')}. It goes on running, so that nothing is lost.",
                hint=f"make room and stop it again; `kill -9 {running.pid}` ends it and loses what is not saved.",
            )

    def reset(self) -> None:
        """Forget all of the cloud's state, running or not. Jobs and endpoints that run are stopped."""
        running = self.find()
        if running:
            own_calls.call(running.endpoint, "POST", "reset", timeout=STOP_TIMEOUT, headers=self._authorization())
            return
        with self._writable():
            for path in (*(self.home / name for name in (*SNAPSHOTS, UNSAVED)), *(self.home / "objects").glob("*")):
                path.unlink(missing_ok=True)

    def advance(self, by: timedelta) -> dict[str, Any]:
        """Move its clock on, and fire what becomes due; answers ``fired``, ``complete``, ``now``, ``ahead_seconds``.

        Raises CloudError when it is not running, and for a clock that would be too far ahead.
        """
        given, headers = {"seconds": by.total_seconds()}, self._authorization()
        running = self._get()
        told = own_calls.call(
            running.endpoint, "POST", "advance", timeout=ADVANCE_TIMEOUT, headers=headers, given=given
        )
        if "refused" in told:
            raise CloudError("The clock was not moved.", told["refused"], hint="move it by less.")
        return told

    def interrupt(self, job: str) -> None:
        """Take the machine of a spot training job away. Raises CloudError when there is none to take."""
        running = self._get()
        headers, given = self._authorization(), {"job": job}
        told = own_calls.call(running.endpoint, "POST", "interrupt", timeout=STOP_TIMEOUT, headers=headers, given=given)
        if "refused" in told:
            raise CloudError(
                "Nothing was interrupted.", told["refused"], hint="`mlops-iac runs STACK RUN` names its jobs."
            )

    def status(self) -> dict[str, Any]:
        """What is running and what it holds; ``{"running": False, …}`` when it is not."""
        running = self.find()
        if running is None:
            snapshot = self.home / SNAPSHOT
            return {
                "running": False,
                "home": str(self.home),
                "snapshot_bytes": snapshot.stat().st_size if snapshot.exists() else 0,
            }
        told = own_calls.call(running.endpoint, "GET", "status", timeout=10, headers=self._authorization())
        return {"running": True, "endpoint": running.endpoint, **told}

    def rights(self) -> dict[str, Any]:
        """What was asked of IAM since it started, and of each role that acted its rights: which are needed, which idle.

        `CloudError` when it is not running.
        """
        running = self._get()
        return own_calls.call(running.endpoint, "GET", "iam", timeout=STOP_TIMEOUT, headers=self._authorization())

    def _get(self) -> Running:
        running = self.find()
        if running is None:
            raise CloudError(
                "The embedded cloud is not running.", f"Its folder is {self.home}.", hint="mlops-iac cloud start"
            )
        return running

    def clients_sending_once(self, region: str) -> Clients:
        """Clients that send no request twice, for the engine, which tries again by rules of its own."""
        return self.clients(region, attempts=1)

    def clients(self, region: str, *, attempts: int = ATTEMPTS) -> Clients:
        """Clients to the running process; `CloudError` when it is not running."""
        running = self._get()
        return Clients.embedded(running.endpoint, region, credentials=self.owner, attempts=attempts)

    def quick_clients(self, region: str) -> Clients:
        """Clients for a few small calls, which load no boto3 (`relay.py`)."""
        return relayed(self.clients(region))

    @property
    def owner(self) -> Credentials:
        """The owner's credentials; `CloudError` when there is none that can be trusted."""
        token = tokens.read(self.home)
        if token is None:
            raise CloudError(
                "The embedded cloud has no token.",
                f"{self.home / tokens.FILE} is missing, or others than you could read or make it.",
                hint="`mlops-iac cloud stop`, then `mlops-iac cloud start` makes a new one.",
            )
        return token.owner

    # Inside -------------------------------------------------------------------------------------------------------

    def _read_record(self) -> Running | None:
        """Where a cloud of this person's answers; a record that came with a clone is none (`address.py`)."""
        from mlops_iac.cloud.address import read

        record = read(self.home / RECORD)
        return None if record is None else Running(**record)

    def _is_ours(self, record: Running) -> bool:
        """Does what answers at the endpoint say that it is this very cloud? A port may be somebody else's by now."""
        token = tokens.read(self.home)
        if token is None or not _is_alive(record.pid):
            return False
        challenge = secrets.token_hex(16)
        try:
            health = own_calls.call(
                record.endpoint, "GET", "health", timeout=5, headers={own_calls.CHALLENGE: challenge}
            )
        except (OSError, HTTPException, ValueError, CloudError):
            return False
        proven = hmac.compare_digest(str(health.get("proof")).encode(), token.prove(challenge).encode())
        return proven and health.get("pid") == record.pid and health.get("home") == str(self.home)

    def _authorization(self) -> dict[str, str]:
        return own_calls.authorization(self.owner)

    def _prepare_home(self) -> None:
        """The folder and its parents, 0700, with room for a first state."""
        with self._writable():
            for folder in reversed([self.home, *self.home.parents]):
                if not folder.exists():
                    folder.mkdir(mode=0o700, exist_ok=True)
            self.home.chmod(0o700)
        fault = find_fault(self.home)
        if fault:
            raise self._no_place(fault)

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._no_place(error.strerror or str(error)) from error

    def _no_place(self, fault: str) -> CloudError:
        return CloudError(
            "The embedded cloud has no place for its state.",
            f"{self.home}: {fault}.",
            hint="free some space, or make the folder writable.",
        )

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """Held while a process is started. The system frees it should this one die."""
        import fcntl

        descriptor = os.open(self.home / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _spawn(self, iam: bool) -> Running:
        with contextlib.suppress(FileNotFoundError):
            (self.home / RECORD).unlink()
        descriptor = os.open(self.home / "cloud.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "mlops_iac.cloud.serve", str(self.home), *([] if iam else [WITHOUT_IAM])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,  # Ctrl-C in this terminal is not for the cloud
            )
        return self._wait_for(process)

    def _wait_for(self, process: subprocess.Popen[bytes]) -> Running:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            record = self._read_record()
            if record and record.pid == process.pid and self._is_ours(record):
                return record
            if process.poll() is not None:
                raise CloudError(
                    "The embedded cloud did not start.",
                    f"Its process ended with status {process.returncode}.\n{self._tail()}",
                    hint=f"the whole log is {self.home / 'cloud.log'}",
                )
            time.sleep(_POLL)
        process.terminate()
        raise CloudError(
            "The embedded cloud did not start.",
            f"It did not answer within {START_TIMEOUT:.0f} seconds.\n{self._tail()}",
            hint=f"the whole log is {self.home / 'cloud.log'}",
        )

    def _tail(self) -> str:
        try:
            lines = (self.home / "cloud.log").read_text("utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-_TAIL:])


def _is_alive(pid: int) -> bool:
    """False for a process that is gone, and for a child of ours that ended and was not waited for."""
    with contextlib.suppress(ChildProcessError, OSError):
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
