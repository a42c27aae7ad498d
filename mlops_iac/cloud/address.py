"""Where a running cloud answers: the file ``cloud.json``, written by the cloud and read by everybody else.

A project's folder may come from elsewhere, and a record in it would send a person's requests, data included, to whoever
it names. So the record is signed with the person's key (`seal`), and names loopback only.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlops_iac.cloud import seal
from mlops_iac.cloud.private_files import write_private
from mlops_iac.core.strict_json import read_json_file


def write(path: Path, endpoint: str, *, iam: bool = True) -> None:
    """Say that this process answers there, and whether it enforces IAM."""
    record = {"pid": os.getpid(), "endpoint": endpoint, "started": time.time(), "iam": iam}
    write_private(path, json.dumps({**record, "signature": seal.sign(_text(path, record))}))


def read(path: Path) -> dict[str, Any] | None:
    """``pid``, ``endpoint``, ``started``, ``iam``; None when there is none that this person's cloud wrote here."""
    try:
        found = read_json_file(path)
        record = {"pid": int(found["pid"]), "endpoint": str(found["endpoint"]), "started": float(found["started"])}
        record["iam"] = bool(found["iam"])
        signature = found["signature"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    url = urlsplit(str(record["endpoint"]))
    if url.scheme != "http" or url.hostname != "127.0.0.1" or not seal.is_signed(_text(path, record), signature):
        return None
    return record


def _text(path: Path, record: dict[str, Any]) -> str:
    """What is signed: the folder too, so that another project's record is not taken for this one's."""
    return json.dumps([str(path.absolute()), record["pid"], record["endpoint"], record["started"], record["iam"]])
