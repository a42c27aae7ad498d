"""Where a run was logged: the environment's tracker writes it beside the run's record."""

from __future__ import annotations

from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.lake import find_content

SERVICE: Final = "experiment-tracking"
"""The capability in the environment's catalogue."""

FILE: Final = "record/tracking.json"
MOST_BYTES: Final = 64 * 1024


def find_tracking(environment: Environment, clients: Clients, run: str) -> dict[str, Any] | None:
    """What the tracker wrote; empty when it wrote nothing yet, None where runs are logged nowhere."""
    if SERVICE not in environment.services:
        return None
    key = f"{environment.lake.zones['models']}{run}/{FILE}"
    content = find_content(environment.lake, clients, key, MOST_BYTES)
    try:
        told = read_json(content)["told"] if content else {}
    except (NotStrictJson, KeyError, TypeError):
        told = {}
    return dict(told) if isinstance(told, dict) else {}
