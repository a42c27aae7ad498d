"""What was done to a stack: one entry per operation, as Pulumi's self-managed backend writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_iac.core.strict_json import read_json_file


@dataclass(frozen=True, kw_only=True)
class History:
    """One operation, as it is told in the stack's history."""

    kind: str
    """``update``, ``refresh`` or ``destroy``."""
    start: float
    """Seconds since 1970, as `end`."""
    end: float
    result: str
    """``succeeded`` or ``failed``."""
    changes: Mapping[str, int]
    config: Mapping[str, Any]
    """Secrets are ``{"secure": <ciphertext>}``."""
    message: str = ""
    """Why, in the words of who did it."""
    actor: Mapping[str, str] = field(default_factory=dict)
    """Who did it: ``git.author``, ``ci.system`` and the other keys of Pulumi's, and ours."""


def read_history(path: Path) -> dict[str, Any]:
    """One entry as it lies on disk; an entry that cannot be read says so."""
    try:
        entry = read_json_file(path)
    except (OSError, ValueError) as error:
        return {"kind": "unknown", "result": f"cannot be read: {error}"}
    return entry if isinstance(entry, dict) else {"kind": "unknown", "result": "cannot be read"}


def history_json(entry: History) -> str:
    """Source: pulumi/pulumi, ``pkg/backend/updates.go`` (UpdateInfo); held to a recorded one."""
    fields = {
        "kind": entry.kind,
        "startTime": int(entry.start),
        "message": entry.message,
        "environment": {**entry.actor, "exec.kind": "mlops-iac"},
        "config": dict(entry.config),
        "version": 0,
        "result": entry.result,
        "endTime": int(entry.end),
        "resourceChanges": dict(entry.changes),
    }
    return json.dumps(fields, indent=1) + "\n"
