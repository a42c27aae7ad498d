"""The embedded cloud as a background process: find, start, stop, reset it. Needs neither moto nor boto3 itself."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import ATTEMPTS, Clients, Credentials
from mlops_iac.cloud import own_calls
from mlops_iac.cloud import token as tokens
from mlops_iac.cloud.home import SNAPSHOT, UNSAVED, previous
from mlops_iac.cloud.relay import relayed
from mlops_iac.cloud.running import Running, find_running, is_alive, read_record
from mlops_iac.cloud.spawning import POLL, log_tail, prepare_home, spawn, starting, writable
from mlops_iac.core.errors import CloudError

STOP_TIMEOUT: Final = 30.0
"""Seconds for jobs to be stopped and the state to be saved."""

ADVANCE_TIMEOUT: Final = 3600.0
"""Seconds for all that fires while the clock is moved on to be done."""

SNAPSHOTS: Final = (SNAPSHOT, previous(SNAPSHOT))


class EmbeddedCloud:
    """The one embedded cloud of a project, with its state in a folder (``<project>/.mlops-iac/cloud``)."""

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()

    def find(self) -> Running | None:
        """The running process, or None. What a dead process left behind is cleaned away."""
        return find_running(self.home)

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
        record = read_record(self.home)
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
        prepare_home(self.home)
        with writable(self.home), starting(self.home):
            return self.find() or spawn(self.home, iam=iam)

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
        while is_alive(running.pid):
            if time.monotonic() > deadline:
                raise CloudError(
                    "The embedded cloud does not stop.",
                    f"Process {running.pid} was asked to {STOP_TIMEOUT:.0f} seconds ago.\n{log_tail(self.home)}",
                    hint=f"kill -9 {running.pid}",
                )
            time.sleep(POLL)
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
        with writable(self.home):
            for path in (*(self.home / name for name in (*SNAPSHOTS, UNSAVED)), *(self.home / "objects").glob("*")):
                path.unlink(missing_ok=True)

    def advance(self, by: timedelta) -> dict[str, Any]:
        """Move its clock on, and fire what becomes due; answers ``fired``, ``complete``, ``next``, ``now`` and
        ``ahead_seconds``.

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

    def _authorization(self) -> dict[str, str]:
        return own_calls.authorization(self.owner)
