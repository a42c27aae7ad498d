"""Runs that were: a list of them, and one of them in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import CloudError, RunError
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.lake import find_metrics
from mlops_iac.runs.names import check_run_id, execution_arn, find_run_id, get_pipeline, job_name
from mlops_iac.runs.pages import pages
from mlops_iac.runs.run import Run, RunStatus, Verdict
from mlops_iac.runs.story import Event, Story, explain, find_in, parse, read_verdict, status_of

JOB_KINDS = ("processing", "training")
LATEST = "last"
"""Stands for the id of the latest run."""
SIGNS = {"gate_at_least": ">=", "gate_at_most": "<="}


def list_runs(
    environment: Environment, clients: Clients, *, pipeline: str | None = None, limit: int = 20
) -> tuple[Run, ...]:
    """The latest runs, newest first, with their metrics and without their steps."""
    chosen = [get_pipeline(environment, pipeline)] if pipeline else list(environment.pipelines.values())
    found = [pair for one in chosen for pair in _latest(environment, clients, one, limit)]
    found.sort(key=lambda pair: pair[1]["startDate"], reverse=True)
    return tuple(_summary(environment, clients, one, execution) for one, execution in found[:limit])


def _latest(
    environment: Environment, clients: Clients, pipeline: Pipeline, limit: int
) -> Iterator[tuple[Pipeline, Mapping[str, Any]]]:
    """Executions come newest first. Those that nobody started through us are left out."""
    with calling("stepfunctions:ListExecutions", pipeline.name):
        client = clients("stepfunctions")
        count = 0
        for execution in pages(
            client.list_executions, "executions", next_key="nextToken", stateMachineArn=pipeline.arn
        ):
            if count >= limit:
                return
            if find_run_id(environment.stack, execution["name"]):
                count += 1
                yield pipeline, execution


def _summary(environment: Environment, clients: Clients, pipeline: Pipeline, execution: Mapping[str, Any]) -> Run:
    run = find_run_id(environment.stack, execution["name"]) or execution["name"]
    described = _describe(clients, execution["executionArn"], run, environment.stack)
    return _to_run(environment, pipeline, run, described, find_metrics(environment, clients, run))


def get_run(environment: Environment, clients: Clients, run: str) -> Run:
    """One run with its steps; ``last`` is the latest. Raises RunError when there is none with this id."""
    run = _latest_id(environment, clients) if run == LATEST else check_run_id(run)
    for pipeline in environment.pipelines.values():
        arn = execution_arn(pipeline.arn, environment.stack, run)
        try:
            described = _describe(clients, arn, run, environment.stack)
        except RunError:
            continue
        return _in_full(environment, clients, pipeline, run, described)
    raise _no_such_run(environment.stack, run)


def _latest_id(environment: Environment, clients: Clients) -> str:
    found = list_runs(environment, clients, limit=1)
    if not found:
        stack = environment.stack
        raise RunError("No runs yet.", f"{stack} has no runs.", hint=f"mlops-iac run {stack} --follow")
    return found[0].id


def _in_full(
    environment: Environment, clients: Clients, pipeline: Pipeline, run: str, described: Mapping[str, Any]
) -> Run:
    jobs = {step.name: job_name(environment.stack, run, step.name) for step in pipeline.steps if step.kind in JOB_KINDS}
    story = Story(pipeline, jobs)
    story.read(read_events(clients, described["executionArn"]))
    status = status_of(described)
    if status != "running":
        story.end(status, described.get("stopDate"), _error(described))
    return _to_run(environment, pipeline, run, described, find_metrics(environment, clients, run), story)


def read_events(clients: Clients, arn: str) -> Iterator[Event]:
    with calling("stepfunctions:GetExecutionHistory", arn):
        client = clients("stepfunctions")
        yield from pages(
            client.get_execution_history, "events", next_key="nextToken", executionArn=arn, maxResults=1000
        )


def _describe(clients: Clients, arn: str, run: str, stack: str) -> Mapping[str, Any]:
    try:
        with calling("stepfunctions:DescribeExecution", run):
            described: Mapping[str, Any] = clients("stepfunctions").describe_execution(executionArn=arn)
            return described
    except CloudError as error:
        if is_missing(error):
            raise _no_such_run(stack, run) from error
        raise


def _no_such_run(stack: str, run: str) -> RunError:
    return RunError("No such run.", f"{stack} has no run `{run}`.", hint=f"`mlops-iac runs {stack}` lists them.")


def _to_run(
    environment: Environment,
    pipeline: Pipeline,
    run: str,
    described: Mapping[str, Any],
    metrics: Mapping[str, float],
    story: Story | None = None,
) -> Run:
    given = parse(described.get("input"))
    parameters = find_in(given, "parameters") or {}
    status: RunStatus = status_of(described)
    ended: datetime | None = described.get("stopDate") if status != "running" else None
    return Run(
        id=run,
        pipeline=pipeline.name,
        stack=environment.stack,
        arn=described["executionArn"],
        status=status,
        started=described["startDate"],
        ended=ended,
        code=find_in(given, "code", "sha") or "",
        parameters=parameters,
        steps=tuple(story.steps.values()) if story else (),
        metrics=dict(metrics),
        gate=_verdict(described, parameters, metrics, story),
        model_package_arn=story.model_package_arn if story else None,
        error=_error(described),
    )


def _verdict(
    described: Mapping[str, Any], parameters: Mapping[str, Any], metrics: Mapping[str, float], story: Story | None
) -> Verdict | None:
    """What the gate said; None when it has not spoken (or the story is not told)."""
    refused = read_verdict(described.get("error", ""), described.get("cause", ""))
    if refused or story is None:
        return refused
    if not any(step.kind == "gate" and step.status == "succeeded" for step in story.steps.values()):
        return None
    bound = next((f"{sign} {parameters[name]}" for name, sign in SIGNS.items() if name in parameters), None)
    value = metrics.get(story.metric) if story.metric else None
    return Verdict(passed=True, metric=story.metric, value=value, bound=bound)


def _error(described: Mapping[str, Any]) -> str:
    error, cause = described.get("error", ""), described.get("cause", "")
    verdict = read_verdict(error, cause)
    return str(verdict) if verdict else explain(error, cause)
