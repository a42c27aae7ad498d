"""Where a model comes from and where it went: data and code, the run, the version, the endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any, Final, Literal

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.errors import MlopsError
from mlops_iac.runs.details import Details, get_details
from mlops_iac.runs.models import SERVING, Model, find_model_of_run, get_model

Kind = Literal["origin", "data", "code", "run", "model", "endpoint"]

VERSION: Final = re.compile(r"\d{1,5}")
"""A word of digits alone is a version; the beginning of a run's id has its date, six digits."""


@dataclass(frozen=True)
class Node:
    """One thing on the way."""

    kind: Kind
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Lineage:
    """In the order in which one came from the other."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    """Ids of nodes: what was taken, and what was made of it."""
    unknown: tuple[str, ...] = ()
    """What is not known, in sentences."""

    def to_json(self) -> dict[str, Any]:
        nodes = [{"id": node.id, **asdict(node)} for node in self.nodes]
        edges = [{"from": a, "to": b} for a, b in self.edges]
        return {"nodes": nodes, "edges": edges, "unknown": list(self.unknown)}


def get_lineage(environment: Environment, clients: Clients, what: str, *, registry: str | None = None) -> Lineage:
    """Of a version (its number, or ``serving``), or of a run (its id, the beginning of one, or ``last``).

    Raises what `get_model` and `get_run` raise.
    """
    if what == SERVING or VERSION.fullmatch(what):
        model = get_model(environment, clients, what, registry=registry)
        details, unknown = _find_details(environment, clients, model)
        return _join(details, model, unknown)
    details = get_details(environment, clients, what)
    return _join(details, find_model_of_run(environment, clients, details.run.model_package_arn), ())


def _find_details(environment: Environment, clients: Clients, model: Model) -> tuple[Details | None, tuple[str, ...]]:
    """The run of a version. Orchestrators forget: Step Functions keeps an execution for 90 days after its end."""
    if model.run is None:
        return None, (f"Version {model.version} says no run that registered it.",)
    try:
        return get_details(environment, clients, model.run), ()
    except MlopsError as error:
        return None, (f"Run {model.run}, which registered it, is not there any more: {error.detail}",)


def _join(details: Details | None, model: Model | None, unknown: tuple[str, ...]) -> Lineage:
    sources = [*_origin(model), *_sources(details, model)]
    run = [_run_node(details)] if details else []
    made = [_model_node(model)] if model else []
    endpoints = [Node("endpoint", name) for name in model.serves] if model else []
    endpoints += [Node("endpoint", name, {"role": "shadow"}) for name in model.shadows] if model else []
    rows = [row for row in (sources, run, made, endpoints) if row]
    edges = tuple((a.id, b.id) for left, right in pairwise(rows) for a in left for b in right)
    missing = () if details is None or details.record else (f"Of run {details.run.id} nothing more was recorded.",)
    return Lineage(tuple(node for row in rows for node in row), edges, (*unknown, *missing))


def _origin(model: Model | None) -> Iterator[Node]:
    """The version in another environment that this one was promoted from."""
    if model and model.origin:
        one = model.origin
        facts = {"stack": one.stack, "run": one.run, "version": one.version, "digest": one.digest}
        yield Node("origin", f"{one.stack}/{one.registry}/{one.version}", facts)


def _sources(details: Details | None, model: Model | None) -> Iterator[Node]:
    """Data and code, as far as they are known."""
    record = details.record if details else None
    for name, summary in record.data.items() if record else ():
        yield Node("data", str(summary.get("prefix", name)), {**summary, "parameter": name})
    sha = details.run.code if details else model.code if model else None
    if sha:
        git = record.git if record else None
        yield Node("code", sha, {"commit": git.commit, "dirty": git.dirty} if git else {})


def _run_node(details: Details) -> Node:
    run, record = details.run, details.record
    facts = {"pipeline": run.pipeline, "status": run.status, "metrics": dict(run.metrics)}
    return Node("run", run.id, {**facts, "started_by": record.started_by if record else None})


def _model_node(model: Model) -> Node:
    name = f"{model.registry}/{model.version}"
    return Node("model", name, {"approval": model.approval, "arn": model.arn, "metrics": dict(model.metrics)})
