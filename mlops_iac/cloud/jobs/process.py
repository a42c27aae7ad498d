"""One job's process: an environment made from nothing, output line by line, a time limit, and a polite stop."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops_iac.cloud.jobs.gate import Gate

log = logging.getLogger("mlops_iac.cloud.jobs")

GRACE = 120.0
"""Seconds between SIGTERM and SIGKILL, as SageMaker gives a training job."""
KILL_TIMEOUT = 3.0
"""Seconds that jobs have to be gone when the cloud stops."""
_MAX_LINE = 256 * 1024
"""CloudWatch Logs takes events up to this size; a longer line is cut into several."""


class End(StrEnum):
    EXITED = "exited"
    STOPPED = "stopped"
    """Somebody asked for it."""
    TIMED_OUT = "timed out"


@dataclass(frozen=True)
class Outcome:
    end: End
    code: int
    """The exit code; minus the signal's number when a signal ended it."""

    @property
    def exit_code(self) -> int:
        """As containers tell it: 137 for a process that was killed, as the kernel does when memory is short."""
        return self.code if self.code >= 0 else 128 - self.code


class Process:
    """A running command. Its output goes to ``on_line`` from a thread that lives as long as the process does."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        *,
        grace: float = GRACE,
        gate: Gate | None = None,
    ) -> None:
        self._gate = gate
        self._command, self._environment, self._on_line, self._grace = list(command), dict(environment), on_line, grace
        self._end = End.EXITED
        self._started = threading.Event()
        self._finished = threading.Event()
        self._popen: subprocess.Popen[bytes] | None = None
        self._failure: OSError | None = None
        self._before_reaping: list[Callable[[], None]] = []

    def before_reaping(self, look: Callable[[], None]) -> None:
        """Call it when the process has ended and the kernel still knows what it took."""
        self._before_reaping.append(look)

    def start(self) -> None:
        """Start it; raises OSError when the program cannot be started."""
        # One thread starts and reads the process: the kernel ends a job when the *thread* that started it ends.
        threading.Thread(target=self._live, name="job output", daemon=True).start()
        self._started.wait()
        if self._failure:
            raise self._failure

    @property
    def pid(self) -> int:
        """Of one that was started."""
        assert self._popen is not None
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._started.is_set() and not self._finished.is_set()

    def wait(self, timeout: float | None = None) -> Outcome:
        """Wait for the end; after ``timeout`` seconds stop it. All output has been handed over when this returns."""
        if not self._finished.wait(timeout):
            self._finish(End.TIMED_OUT)
            self._finished.wait()
        assert self._popen is not None
        return Outcome(self._end, self._popen.returncode)

    def stop(self, grace: float | None = None) -> None:
        """Ask it to end; kill the whole group after ``grace`` seconds (default: 120)."""
        self._finish(End.STOPPED, grace)

    def _finish(self, end: End, grace: float | None = None) -> None:
        if self._finished.is_set():
            return
        self._end = end
        self._signal(signal.SIGTERM)
        if not self._finished.wait(self._grace if grace is None else grace):
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        assert self._popen is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it ended by itself in the meantime
            os.killpg(self._popen.pid, number)

    def _live(self) -> None:
        try:
            self._popen = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[self._gate.theirs] if self._gate else (),
            )
        except OSError as error:
            self._failure = error
            if self._gate:
                self._gate.close()
            self._started.set()
            return
        self._started.set()
        if self._gate:
            self._gate.open()
        reader = threading.Thread(target=self._read, name="job lines", daemon=True)
        reader.start()
        self._look_at_the_end()
        self._popen.wait()
        self._signal(signal.SIGKILL)  # what the job left running in its group ends with it, as a container's would
        reader.join(timeout=5)
        if self._gate:
            self._gate.close()
        self._finished.set()

    def _look_at_the_end(self) -> None:
        assert self._popen is not None
        if hasattr(os, "waitid"):  # macOS has none
            os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOWAIT)
            for look in self._before_reaping:
                try:
                    look()
                except Exception:
                    log.exception("What a job took could not be told.")

    def _read(self) -> None:
        assert self._popen is not None
        assert self._popen.stdout is not None
        with self._popen.stdout as output:
            while line := output.readline(_MAX_LINE):
                self._on_line(line.decode("utf-8", "replace").rstrip("\r\n"))


def bare_environment(path: str, home: str, endpoint: str, region: str) -> dict[str, str]:
    """What every job starts with: nothing of the person's own environment, and the cloud's address."""
    return {
        "PATH": path,
        "HOME": home,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": endpoint,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def wait_until(condition: Callable[[], bool], timeout: float, every: float = 0.05) -> bool:
    """Poll a condition; False when it did not come true within ``timeout`` seconds."""
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(every)
    return condition()
