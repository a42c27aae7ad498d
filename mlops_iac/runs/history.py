"""Runs that were: a list of them, and one of them in full."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.champions import is_open
from mlops_iac.core.environment import Environment, Pipeline, Step
from mlops_iac.core.errors import RunError, UsageError
from mlops_iac.core.evaluation import HOLDS, METRICS, MOST_BYTES, SIGNS, find_fault, metric_keys, read_numbers
from mlops_iac.runs.champions import said_by_person
from mlops_iac.runs.clock import read_time
from mlops_iac.runs.ended_runs import EndedRuns
from mlops_iac.runs.filters import Filter
from mlops_iac.runs.lake import Beginning, find_beginnings
from mlops_iac.runs.names import check_run_id, get_pipeline, moment_of
from mlops_iac.runs.origins import origin_of
from mlops_iac.runs.run import Finding, Run, StepRun, Verdict
from mlops_iac.runs.runners import runner_for, runners
from mlops_iac.runs.runners.execution import Execution, History, Listed
from mlops_iac.runs.trials import with_trials

LATEST: Final = re.compile(r"last(?:~(\d{1,4}))?")
"""Stands for the id of the latest run, and with a number for one before: ``last~1``."""

BEGINNING: Final = re.compile(r"\d{1,6}|\d{6}-\d{0,6}|\d{6}-\d{6}-[0-9a-f]{0,3}")
"""Of a run's id, less than the whole."""

FEW, MANY = 100, 1000
"""Runs that are asked for at a time: where the latest are enough, and where all may have to be looked through."""

MOST_SHOWN: Final = 5
"""Runs that are named where a beginning is that of several."""


Files = Mapping[str, Beginning | None]
"""Evaluation files by the fact that says where they lie; None where there is none."""


def list_runs(
    environment: Environment,
    clients: Clients,
    *,
    pipeline: str | None = None,
    limit: int = 20,
    wanted: Filter | None = None,
) -> tuple[Run, ...]:
    """The latest runs, newest first, with their metrics and without their steps; only those that are ``wanted``."""
    wanted = wanted or Filter()
    ended = EndedRuns(environment, clients)
    try:
        plain = wanted == Filter()
        page = FEW if plain and limit <= FEW else MANY
        at_once = MANY if wanted.sort else min(limit, FEW) if plain else FEW
        latest = _latest(environment, clients, pipeline, wanted.since, page)
        matching = filter(wanted.matches, _read(environment, clients, ended, latest, at_once))
        return tuple(wanted.arrange([*islice(matching, None if wanted.sort else limit)])[:limit])
    finally:
        ended.remember()


def _latest(
    environment: Environment, clients: Clients, pipeline: str | None, since: datetime | None, page: int
) -> Iterator[tuple[Pipeline, Listed]]:
    """Each run, newest first, of one pipeline or of all."""
    chosen = [get_pipeline(environment, pipeline)] if pipeline else list(environment.pipelines.values())
    found = [_listed(environment, clients, one, page) for one in chosen]
    for one, listed in heapq.merge(*found, key=lambda pair: pair[1].run, reverse=True):
        if since is not None and moment_of(listed.run) < since:
            return
        yield one, listed


def _read(
    environment: Environment,
    clients: Clients,
    ended: EndedRuns,
    latest: Iterator[tuple[Pipeline, Listed]],
    at_once: int,
) -> Iterator[Run]:
    """What is known of each; so many are asked for ``at_once``, as each is two questions to the cloud."""
    while some := [*islice(latest, at_once)]:
        known = {listed.run: ended.find(listed.run, listed.handle) for _, listed in some}
        for pipeline in {one.name: one for one, _ in some}.values():
            unknown = [listed for one, listed in some if one.name == pipeline.name and known[listed.run] is None]
            for run in _describe(environment, clients, pipeline, unknown):
                ended.learn(run)
                known[run.id] = run
        yield from filter(None, (known[listed.run] for _, listed in some))


def _describe(
    environment: Environment, clients: Clients, pipeline: Pipeline, listed: Sequence[Listed]
) -> Iterator[Run]:
    """Runs of one pipeline, without their steps."""
    found = runner_for(environment, pipeline, clients).describe(listed) if listed else []
    executions = [*filter(None, found)]
    evaluations = _read_evaluations(environment, clients, pipeline, executions)
    for execution, files in zip(executions, evaluations, strict=True):
        yield _to_run(environment, clients, pipeline, execution, files)


def _listed(
    environment: Environment, clients: Clients, pipeline: Pipeline, page: int
) -> Iterator[tuple[Pipeline, Listed]]:
    return ((pipeline, one) for one in runner_for(environment, pipeline, clients).listed(page=page))


def list_ids(environment: Environment, clients: Clients, *, limit: int | None = None) -> tuple[str, ...]:
    """Ids of the latest runs, newest first: they sort by the moment at which a run was started."""
    page = FEW if limit and limit <= FEW else MANY
    found = ((one.run for one in runner.listed(page=page)) for runner in runners(environment, clients))
    return tuple(islice(heapq.merge(*found, reverse=True), limit))


def get_run(environment: Environment, clients: Clients, run: str) -> Run:
    """One run with its steps, by its id or the beginning of one; ``last`` is the latest, ``last~1`` the one before.

    Raises RunError when there is none, UsageError for a beginning that several have.
    """
    run = find_id(environment, clients, run)
    for pipeline in environment.pipelines.values():
        runner = runner_for(environment, pipeline, clients)
        execution = runner.find(run)
        if execution is not None:
            (files,) = _read_evaluations(environment, clients, pipeline, [execution])
            return _to_run(environment, clients, pipeline, execution, files, runner.read_history(execution))
    stack = environment.stack
    raise RunError("No such run.", f"{stack} has no run `{run}`.", hint=f"`mlops-iac runs {stack}` lists them.")


def find_id(environment: Environment, clients: Clients, run: str) -> str:
    """The whole id of what a person calls a run; a whole one is taken as it is, whether there is such a run or not."""
    latest = LATEST.fullmatch(run)
    if latest:
        return _latest_id(environment, clients, int(latest[1] or 0))
    if not BEGINNING.fullmatch(run):
        return check_run_id(run)
    found = [one for one in list_ids(environment, clients) if one.startswith(run)]
    if len(found) > 1:
        shown = ", ".join(found[:MOST_SHOWN]) + (", …" if len(found) > MOST_SHOWN else "")
        detail = f"{len(found)} runs of {environment.stack} begin with `{run}`: {shown}."
        raise UsageError("Which run?", detail, hint="write more of its id.")
    return found[0] if found else run


def _latest_id(environment: Environment, clients: Clients, before: int) -> str:
    found = list_ids(environment, clients, limit=before + 1)
    stack = environment.stack
    if not found:
        raise RunError("No runs yet.", f"{stack} has no runs.", hint=f"mlops-iac run {stack} --follow")
    if len(found) <= before:
        detail = (
            f"{stack} has {len(found)} run{'' if len(found) == 1 else 's'}, so none is the {before}th before the last."
        )
        raise RunError("No such run.", detail, hint=f"`mlops-iac runs {stack}` lists them.")
    return found[before]


def _to_run(
    environment: Environment,
    clients: Clients,
    pipeline: Pipeline,
    execution: Execution,
    files: Files,
    history: History | None = None,
) -> Run:
    gates = [step for step in pipeline.steps if step.kind == "gate"]
    metrics: dict[str, float] = {}
    for file in files.values():
        metrics |= read_numbers(file.body if file else b"")
    most = runner_for(environment, pipeline, clients).most_evaluation
    gate = _verdict(pipeline, gates, files, execution, history.steps if history else (), most)
    asked = read_time(environment, clients) if execution.status == "running" else None
    steps = with_trials(clients, _explained(history.steps, gate)) if history else ()
    return Run(
        id=execution.run,
        pipeline=pipeline.name,
        stack=environment.stack,
        handle=execution.handle,
        status=execution.status,
        started=execution.started,
        ended=execution.ended,
        code=execution.code,
        parameters=said_by_person(pipeline, execution.parameters),
        steps=tuple(replace(step, asked=asked) if step.status == "running" else step for step in steps),
        metrics=metrics,
        gate=gate,
        model_package_arn=history.model_package_arn if history else None,
        error=str(gate) if gate and not gate.passed else execution.error,
        asked=asked,
    )


def _explained(steps: tuple[StepRun, ...], gate: Verdict | None) -> tuple[StepRun, ...]:
    """A gate that could not compare says why, in words about the team's own file rather than the orchestrator's."""
    if gate is None or not gate.fault:
        return steps
    return tuple(
        replace(step, reason=gate.fault) if step.kind == "gate" and step.status in ("failed", "refused") else step
        for step in steps
    )


def _read_evaluations(
    environment: Environment, clients: Clients, pipeline: Pipeline, executions: Sequence[Execution]
) -> list[Files]:
    """Of each execution those that gates read, and those that steps say they make."""
    store = environment.get_store(pipeline.store)
    read = [one for step in pipeline.steps if step.kind == "gate" for one in step.facts["conditions"]]
    made = [step.facts for step in pipeline.steps if "evaluation" in step.facts]
    places = dict.fromkeys(one["evaluation"] for one in [*made, *read])
    keys = [{place: _key(pipeline, place, execution) for place in places} for execution in executions]
    found = find_beginnings(store, clients, (key for one in keys for key in one.values()), MOST_BYTES)
    return [{place: found[key] for place, key in one.items()} for one in keys]


def _key(pipeline: Pipeline, place: str, execution: Execution) -> str:
    """Where something lies that the run made, or that it took over."""
    return place.format(run=origin_of(pipeline, place, execution.run, execution.origins))


def _verdict(
    pipeline: Pipeline, gates: list[Step], files: Files, execution: Execution, steps: tuple[StepRun, ...], most: int
) -> Verdict | None:
    """What the gates said: the one that refused, else the last that passed; None when none has spoken, or when the
    steps are not told and nothing was refused."""
    status = {step.name: step.status for step in steps}
    stopped = [gate for gate in gates if status.get(gate.name) in ("refused", "failed")]
    passed = [gate for gate in gates if status.get(gate.name) == "succeeded"]
    if execution.status == "refused" and execution.answer is None and not stopped and len(gates) == 1:
        stopped = gates
    if stopped:
        return _refusal(pipeline, stopped[0], files, execution, most)
    return Verdict(passed=True, conditions=_findings(pipeline, passed[-1], files, execution, most)) if passed else None


def _refusal(pipeline: Pipeline, gate: Step, files: Files, execution: Execution, most: int) -> Verdict:
    """By the orchestrator's own words where it has some; a metric that cannot be compared is told with its file."""
    told, compares = execution.verdict, any("champion" in one for one in gate.facts["conditions"])
    if not compares and told is not None and told.conditions and all(one.value is not None for one in told.conditions):
        return told
    return Verdict(passed=False, conditions=_findings(pipeline, gate, files, execution, most))


def _findings(pipeline: Pipeline, gate: Step, files: Files, execution: Execution, most: int) -> tuple[Finding, ...]:
    return tuple(
        _finding(pipeline, condition, files[condition["evaluation"]], execution, most)
        for condition in gate.facts["conditions"]
    )


def _bound(condition: Mapping[str, Any], bound: float) -> str:
    said = f"{SIGNS[condition['direction']]} {bound:g}"
    if "champion" not in condition:
        return said
    if is_open(bound):
        return "nothing: there was no champion"
    return f"{said}, {condition['champion']['by']:g} better than the champion"


def _finding(
    pipeline: Pipeline, condition: Mapping[str, Any], file: Beginning | None, execution: Execution, most: int
) -> Finding:
    metric: str = condition["metric"]
    body, size = file or (None, 0)
    value = read_numbers(body or b"").get(".".join(metric_keys(metric)).removeprefix(f"{METRICS}."))
    parameter = condition.get("parameter")
    bound = execution.parameters.get(parameter) if parameter else condition["bound"]
    return Finding(
        metric=metric,
        value=value,
        passed=value is not None and bound is not None and HOLDS[condition["direction"]](value, bound),
        bound="" if bound is None else _bound(condition, bound),
        fault=find_fault(body, _key(pipeline, condition["evaluation"], execution), metric, most, size),
    )
