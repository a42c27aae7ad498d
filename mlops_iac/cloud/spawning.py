"""Starting the embedded cloud's process: a folder for its state, one starter at a time, and a wait until it answers."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mlops_iac.cloud.disk import find_fault
from mlops_iac.cloud.running import Running, forget_record, is_ours, read_record
from mlops_iac.core.errors import CloudError

START_TIMEOUT: Final = 30.0
"""Seconds until a start that does not answer is called failed. A quiet machine needs less than one."""

WITHOUT_IAM: Final = "--without-iam"
LOG: Final = "cloud.log"
POLL: Final = 0.02
"""Seconds between two looks at a process that starts or stops."""

_TAIL: Final = 20


def prepare_home(home: Path) -> None:
    """The folder and its parents, 0700, with room for a first state."""
    with writable(home):
        for folder in reversed([home, *home.parents]):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        home.chmod(0o700)
    fault = find_fault(home)
    if fault:
        raise _no_place(home, fault)


@contextlib.contextmanager
def writable(home: Path) -> Iterator[None]:
    """Turns what the system refuses there into a CloudError."""
    try:
        yield
    except OSError as error:
        raise _no_place(home, error.strerror or str(error)) from error


def _no_place(home: Path, fault: str) -> CloudError:
    return CloudError(
        "The embedded cloud has no place for its state.",
        f"{home}: {fault}.",
        hint="free some space, or make the folder writable.",
    )


@contextlib.contextmanager
def starting(home: Path) -> Iterator[None]:
    """Held while a process is started. The system frees it should this one die."""
    import fcntl

    descriptor = os.open(home / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def spawn(home: Path, *, iam: bool) -> Running:
    """Start the process, and wait until it answers. Raises CloudError when it does not."""
    forget_record(home)
    descriptor = os.open(home / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlops_iac.cloud.serve", str(home), *([] if iam else [WITHOUT_IAM])],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,  # Ctrl-C in this terminal is not for the cloud
        )
    # Whoever started it may live longer: until its end is taken note of, the process is there for all others.
    threading.Thread(target=process.wait, name="cloud-end", daemon=True).start()
    return _wait_for(home, process)


def _wait_for(home: Path, process: subprocess.Popen[bytes]) -> Running:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        record = read_record(home)
        if record and record.pid == process.pid and is_ours(home, record):
            return record
        if process.poll() is not None:
            raise CloudError(
                "The embedded cloud did not start.",
                f"Its process ended with status {process.returncode}.\n{log_tail(home)}",
                hint=f"the whole log is {home / LOG}",
            )
        time.sleep(POLL)
    process.terminate()
    raise CloudError(
        "The embedded cloud did not start.",
        f"It did not answer within {START_TIMEOUT:.0f} seconds.\n{log_tail(home)}",
        hint=f"the whole log is {home / LOG}",
    )


def log_tail(home: Path) -> str:
    """The last lines of its log; empty when there is none."""
    try:
        lines = (home / LOG).read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_TAIL:])
