"""What is to be run, and the request by which an orchestrator is asked to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from mlops_iac.core.environment import Pipeline


@dataclass(frozen=True, kw_only=True)
class Cached:
    """A step that may take over what a run before made."""

    key: str
    """What it does, by content; empty for what can never be the same again."""
    inputs: str
    """The same of the run's data alone, for orchestrators that compare the rest themselves."""
    run: str
    """The run whose folders have what it makes: this one, where the step is to be done."""
    left: Mapping[str, Any] | None = None
    """What it left to later steps there. None: it is to be done."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be run."""

    run: str
    code_uri: str
    code_sha: str
    parameters: Mapping[str, Any]
    """Every parameter of the pipeline, checked."""
    names: Mapping[str, str]
    """Step to the name of what it makes, for steps that make something with a name."""
    cached: Mapping[str, Cached] = field(default_factory=dict)
    """Steps with a `cache`. One that is not here is done, and nobody takes it over."""


def reuse(pipeline: Pipeline, order: Order) -> dict[str, Any]:
    """What a run is told of steps with a cache: ``runs``, whose folders have what they make, and ``left``, what those
    left that are not done again. Nothing where no step has one."""
    steps = [step.name for step in pipeline.steps if "cache" in step.facts]
    if not steps:
        return {}
    runs = {name: order.cached[name].run if name in order.cached else order.run for name in steps}
    left = {name: one.left for name, one in order.cached.items() if one.left is not None}
    return {"reuse": {"runs": runs, "left": left}}


@dataclass(frozen=True, kw_only=True)
class Running:
    """A call of AWS that lists runs, and how one that is under way is told."""

    operation: str
    """As boto3 calls it, of the same service."""
    arguments: Mapping[str, Any]
    items: str
    """The member of the answer that holds the runs, the newest first; with dots between members that lie in another."""
    status: str
    """The member of a run that says how it is."""
    words: tuple[str, ...]
    """What it says of one that is under way."""


@dataclass(frozen=True, kw_only=True)
class StartRequest:
    """One call of AWS."""

    service: str
    """As boto3 calls it."""
    operation: str
    """As boto3 calls it."""
    arguments: Mapping[str, Any]
    typed: bool = False
    """Whether a number in the arguments is one. Left out: it is a text, unless the text around it is JSON itself."""
    running: Running | None = None
    """How to see whether another run is under way. Left out: nobody asks."""


_WORD: Final = "<mlops-iac:{}>"


def blank_order(parameters: Mapping[str, Any], steps: Mapping[str, Any]) -> Order:
    """An order whose run is not there yet: words like ``<mlops-iac:run>`` stand where something is to be filled in."""
    return Order(
        run=_WORD.format("run"),
        code_uri=_WORD.format("code-uri"),
        code_sha=_WORD.format("code-sha"),
        parameters=parameters,
        names={step: _WORD.format(f"name-{step}") for step in steps},
    )


def as_template(request: StartRequest) -> dict[str, str]:
    """A request for a blank order as who fills it in takes it: the arguments are JSON with the words in it."""
    arguments = json.dumps(request.arguments, separators=(",", ":"))
    running = {"running": json.dumps(asdict(request.running), separators=(",", ":"))} if request.running else {}
    typed = {"typed": "yes"} if request.typed else {}
    return {"service": request.service, "operation": request.operation, "arguments": arguments, **typed, **running}
