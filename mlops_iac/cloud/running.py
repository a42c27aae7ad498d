"""Whether the embedded cloud of a folder runs: its record, and a proof that what answers is that very cloud."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from mlops_iac.cloud import own_calls
from mlops_iac.cloud import token as tokens
from mlops_iac.cloud.home import RECORD
from mlops_iac.core.errors import CloudError


@dataclass(frozen=True, kw_only=True)
class Running:
    pid: int
    endpoint: str
    """``http://127.0.0.1:<port>``"""
    started: float
    """Seconds since the epoch."""
    iam: bool = True
    """False when it was started without IAM: then every role may do everything."""


def find_running(home: Path) -> Running | None:
    """The running process, or None. What a dead process left behind is cleaned away."""
    record = read_record(home)
    if record is None or is_ours(home, record):
        return record
    if not is_alive(record.pid):
        forget_record(home)
    return None


def read_record(home: Path) -> Running | None:
    """Where a cloud of this person's answers; a record that came with a clone is none (`address.py`)."""
    from mlops_iac.cloud.address import read

    record = read(home / RECORD)
    return None if record is None else Running(**record)


def forget_record(home: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        (home / RECORD).unlink()


def is_ours(home: Path, record: Running) -> bool:
    """Does what answers at the endpoint say that it is this very cloud? A port may be somebody else's by now."""
    token = tokens.read(home)
    if token is None or not is_alive(record.pid):
        return False
    challenge = secrets.token_hex(16)
    try:
        health = own_calls.call(record.endpoint, "GET", "health", timeout=5, headers={own_calls.CHALLENGE: challenge})
    except (OSError, HTTPException, ValueError, CloudError):
        return False
    proven = hmac.compare_digest(str(health.get("proof")).encode(), token.prove(challenge).encode())
    return proven and health.get("pid") == record.pid and health.get("home") == str(home)


def is_alive(pid: int) -> bool:
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
