"""Runs that were: a list of them, and one of them in full."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Pipeline, Step
from mlops_iac.core.errors import RunError
from mlops_iac.core.evaluation import MOST_BYTES, SIGNS, find_fault, metric_keys, read_numbers
from mlops_iac.runs.lake import find_content
from mlops_iac.runs.names import check_run_id, get_pipeline
from mlops_iac.runs.run import Run, StepRun, Verdict
from mlops_iac.runs.runners import runner_for
from mlops_iac.runs.runners.execution import Execution, History

LATEST = "last"
"""Stands for the id of the latest run."""


def list_runs(
    environment: Environment, clients: Clients, *, pipeline: str | None = None, limit: int = 20
) -> tuple[Run, ...]:
    """The latest runs, newest first, with their metrics and without their steps."""
    chosen = [get_pipeline(environment, pipeline)] if pipeline else list(environment.pipelines.values())
    found = [_latest(environment, clients, one) for one in chosen]
    newest = heapq.merge(*found, key=lambda pair: pair[1].started, reverse=True)
    return tuple(_to_run(environment, clients, one, execution) for one, execution in islice(newest, limit))


def _latest(environment: Environment, clients: Clients, pipeline: Pipeline) -> Iterator[tuple[Pipeline, Execution]]:
    for execution in runner_for(environment, pipeline, clients).runs():
        yield pipeline, execution


def get_run(environment: Environment, clients: Clients, run: str) -> Run:
    """One run with its steps; ``last`` is the latest. Raises RunError when there is none with this id."""
    run = _latest_id(environment, clients) if run == LATEST else check_run_id(run)
    for pipeline in environment.pipelines.values():
        runner = runner_for(environment, pipeline, clients)
        execution = runner.find(run)
        if execution is not None:
            return _to_run(environment, clients, pipeline, execution, runner.read_history(execution))
    stack = environment.stack
    raise RunError("No such run.", f"{stack} has no run `{run}`.", hint=f"`mlops-iac runs {stack}` lists them.")


def _latest_id(environment: Environment, clients: Clients) -> str:
    found = list_runs(environment, clients, limit=1)
    if not found:
        stack = environment.stack
        raise RunError("No runs yet.", f"{stack} has no runs.", hint=f"mlops-iac run {stack} --follow")
    return found[0].id


def _to_run(
    environment: Environment,
    clients: Clients,
    pipeline: Pipeline,
    execution: Execution,
    history: History | None = None,
) -> Run:
    gates = [step for step in pipeline.steps if step.kind == "gate"]
    files = {gate.name: _read_evaluation(environment, clients, pipeline, gate, execution.run) for gate in gates}
    metrics: dict[str, float] = {}
    for body in files.values():
        metrics |= read_numbers(body or b"")
    most = runner_for(environment, pipeline, clients).most_evaluation
    gate = _verdict(gates, files, execution, history.steps if history else (), most)
    return Run(
        id=execution.run,
        pipeline=pipeline.name,
        stack=environment.stack,
        handle=execution.handle,
        status=execution.status,
        started=execution.started,
        ended=execution.ended,
        code=execution.code,
        parameters=execution.parameters,
        steps=_explained(history.steps, gate) if history else (),
        metrics=metrics,
        gate=gate,
        model_package_arn=history.model_package_arn if history else None,
        error=str(gate) if gate and not gate.passed else execution.error,
    )


def _explained(steps: tuple[StepRun, ...], gate: Verdict | None) -> tuple[StepRun, ...]:
    """A gate that could not compare says why, in words about the team's own file rather than the orchestrator's."""
    if gate is None or not gate.fault:
        return steps
    return tuple(
        replace(step, reason=gate.fault) if step.kind == "gate" and step.status in ("failed", "refused") else step
        for step in steps
    )


def _read_evaluation(
    environment: Environment, clients: Clients, pipeline: Pipeline, gate: Step, run: str
) -> bytes | None:
    key = gate.facts["evaluation"].format(run=run)
    return find_content(environment.get_store(pipeline.store), clients, key, MOST_BYTES)


def _verdict(
    gates: list[Step], files: Mapping[str, bytes | None], execution: Execution, steps: tuple[StepRun, ...], most: int
) -> Verdict | None:
    """What the gates said: the one that refused, else the last that passed; None when none has spoken, or when the
    steps are not told and nothing was refused."""
    status = {step.name: step.status for step in steps}
    stopped = [gate for gate in gates if status.get(gate.name) in ("refused", "failed")]
    passed = [gate for gate in gates if status.get(gate.name) == "succeeded"]
    if execution.status == "refused" and not stopped and len(gates) == 1:
        stopped = gates
    if stopped:
        return _refusal(stopped[0], files[stopped[0].name], execution, most)
    return _measured(passed[-1], files[passed[-1].name], execution.parameters, passed=True) if passed else None


def _refusal(gate: Step, body: bytes | None, execution: Execution, most: int) -> Verdict:
    """By the orchestrator's own words where it has some; a metric that cannot be compared is told with its file."""
    told = execution.verdict
    if told is not None and told.value is not None:
        return told
    measured = _measured(gate, body, execution.parameters, passed=False)
    key = gate.facts["evaluation"].format(run=execution.run)
    fault = find_fault(body, key, gate.facts["metric"], most)
    return Verdict(passed=False, metric=measured.metric, value=measured.value, bound=measured.bound, fault=fault)


def _measured(gate: Step, body: bytes | None, parameters: Mapping[str, Any], *, passed: bool) -> Verdict:
    metric: str = gate.facts["metric"]
    keys = metric_keys(metric)
    numbers = read_numbers(body or b"")
    value = numbers.get(".".join(keys[1:] if keys[0] == "metrics" else keys))
    bound = parameters.get(gate.facts["parameter"])
    sign = SIGNS[gate.facts["direction"]]
    return Verdict(passed=passed, metric=metric, value=value, bound=None if bound is None else f"{sign} {bound}")
