"""Whence a promoted model is: what its registry says, and what was written down when its run started."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import RunError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.lake import find_content

FORMAT: Final = 1
TOLD: Final = "told"
"""The fact by which a step says which parameters tell it what to take over."""
MOST_BYTES: Final = 4 * 1024 * 1024

_FORM = re.compile(r"(?P<stack>[a-z][a-z0-9-]*)/(?P<registry>[\w-]+)/(?P<version>[1-9]\d*)@(?P<run>[\w-]*)")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A version in another environment's registry."""

    stack: str
    registry: str
    version: int
    run: str | None
    """The run that registered it there."""
    digest: str | None = None

    def __str__(self) -> str:
        return f"version {self.version} of {self.stack}" + (f", run {self.run}" if self.run else "")


def write_origin(stack: str, registry: str, version: int, run: str | None) -> str:
    """As it travels in a run's parameters and is kept in the receiver's registry."""
    return f"{stack}/{registry}/{version}@{run or ''}"


def read_origin(text: str | None, digest: str | None = None) -> Origin | None:
    """None for a model that was not promoted, and for what is no origin."""
    match = _FORM.fullmatch(text or "")
    if match is None:
        return None
    version = int(match["version"])
    run = match["run"] or None
    return Origin(stack=match["stack"], registry=match["registry"], version=version, run=run, digest=digest)


def check_told(pipeline: Pipeline, values: Mapping[str, Any]) -> None:
    """Raise RunError for a run that would fetch nothing: nobody said what."""
    for step in pipeline.steps:
        if any(not values[parameter] for parameter in step.facts.get(TOLD, {}).values()):
            raise RunError(
                "Nobody says which model.",
                f"Pipeline `{pipeline.name}` takes over a model of another environment; this run names none.",
                hint="`mlops-iac promote MODEL --from STACK --to STACK` starts it.",
            )


def origin_key(environment: Environment, run: str) -> str:
    return f"{environment.lake.zones['models']}{run}/record/origin.json"


def find_told(environment: Environment, clients: Clients, run: str) -> Mapping[str, Any]:
    """What was known of the model when its promotion started: metrics, record and card of the sender; empty where
    there is nothing, or nothing that can be read."""
    content = find_content(environment.lake, clients, origin_key(environment, run), MOST_BYTES)
    try:
        told = read_json(content or b"")["told"]
        return told if isinstance(told, Mapping) else {}
    except (NotStrictJson, KeyError, TypeError):
        return {}
