"""Runs that ended well, remembered on this machine: they never change, and asking for a thousand takes long.

Only those that succeeded: a run that failed can be retried. Kept in the cache, safe to delete.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.cache import cache_folder
from mlops_iac.core.environment import Environment
from mlops_iac.core.strict_json import read_json_file
from mlops_iac.runs.run import Run

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of what is remembered of one environment; one that is larger begins anew."""

MOST: Final = 10_000
"""Runs of one environment that are remembered."""


class EndedRuns:
    def __init__(self, environment: Environment, clients: Clients) -> None:
        place = "embedded" if clients.embedded else "aws"
        name = f"{place}-{environment.account_id}-{environment.region}-{environment.stack}.json"
        self._path = cache_folder() / "runs" / name
        self._known = _read(self._path)
        self._learned: dict[str, dict[str, Any]] = {}

    def find(self, run: str, handle: str) -> Run | None:
        """A run by its id, when it is the one that this orchestrator means by it."""
        found = self._known.get(run)
        try:
            return _run(found) if found and found["handle"] == handle else None
        except (KeyError, TypeError, ValueError):
            return None

    def learn(self, run: Run) -> None:
        if run.status == "succeeded" and run.ended is not None:
            times = {"started": run.started.isoformat(), "ended": run.ended.isoformat()}
            self._learned[run.id] = {**run.to_json(steps=False), **times}

    def remember(self) -> None:
        """Keep what was learned; a cache that cannot be written is only a slower next time."""
        if not self._learned:
            return
        newest = sorted({**_read(self._path), **self._learned}.items())[-MOST:]
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            temporary.write_text(json.dumps(dict(newest)), encoding="utf-8")
            temporary.replace(self._path)


def _run(told: Mapping[str, Any]) -> Run:
    texts = {name: str(told[name]) for name in ("id", "pipeline", "stack", "handle", "code")}
    times = {name: datetime.fromisoformat(told[name]) for name in ("started", "ended")}
    metrics = {str(name): float(value) for name, value in told["metrics"].items()}
    return Run(status="succeeded", parameters=dict(told["parameters"]), metrics=metrics, **texts, **times)  # type: ignore[arg-type]


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = read_json_file(path, most=LARGEST)
    except (OSError, ValueError):
        return {}
    pairs: Iterable[tuple[str, Any]] = found.items() if isinstance(found, dict) else ()
    return {run: told for run, told in pairs if isinstance(told, dict)}
