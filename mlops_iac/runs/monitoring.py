"""What the watch over an environment's endpoints has found: the last look at each, and how its alarms are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import FOLDERS, Endpoint, Environment, Pipeline, Step
from mlops_iac.core.errors import RunError
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.runs.calls import calling
from mlops_iac.runs.history import list_runs
from mlops_iac.runs.lake import find_content
from mlops_iac.runs.run import Run

KIND: Final = "monitor"
WATCHES: Final = "watches"
"""The fact by which a step says which endpoint it looks at."""
MOST_BYTES: Final = 64 * 1024 * 1024
TOLD: Final = frozenset(
    {"said", "run", "from", "to", "rows", "measure", "columns", "violations", "quality", "broken", "drifted"}
)
"""What `report.json` of the shipped script holds at least."""
MOST_LOOKS: Final = 20
"""Runs that are gone through for one that has come to an end."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """The last look at an endpoint."""

    endpoint: str
    """By its name in the environment."""
    pipeline: str
    """The pipeline that looks."""
    run: Run | None
    """The run that looked; None when none has come to an end."""
    failed: Run | None
    """A later run that looked, and failed."""
    report: Mapping[str, Any] | None
    """``report.json`` of the shipped script; None where there is none."""
    page: str
    """Where ``report.html`` lies: ``s3://…``; empty where there is no look yet."""
    alarms: Mapping[str, str]
    """``drift`` and ``quality`` to how the alarm is: OK, ALARM, INSUFFICIENT_DATA."""

    def to_json(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "pipeline": self.pipeline,
            "run": self.run.id if self.run else None,
            "failed": {"run": self.failed.id, "error": self.failed.error} if self.failed else None,
            "alarms": dict(self.alarms),
            "page": self.page or None,
            "report": dict(self.report) if self.report else None,
        }


def list_looks(environment: Environment, clients: Clients) -> tuple[Look, ...]:
    """One for each endpoint that is watched. Raises RunError where none is."""
    found = tuple(
        _look(environment, clients, pipeline, step)
        for pipeline in environment.pipelines.values()
        for step in pipeline.steps
        if step.kind == KIND
    )
    if not found:
        raise RunError(
            "Nothing is watched.",
            f"{environment.stack} has no pipeline with a step of kind `{KIND}`.",
            hint="set the option `monitoring` in its stack file, and run `up`.",
        )
    return found


def read_page(environment: Environment, clients: Clients, look: Look) -> bytes:
    """The report as a page. Raises RunError where there is none yet."""
    key = look.page.partition("://")[2].partition("/")[2]
    body = find_content(environment.lake, clients, key, MOST_BYTES) if key else None
    if body is None:
        raise RunError(
            "There is no report yet.",
            f"Nobody has looked at endpoint `{look.endpoint}` yet.",
            hint=f"mlops-iac run {environment.stack} {look.pipeline} --follow",
        )
    return body


def _look(environment: Environment, clients: Clients, pipeline: Pipeline, step: Step) -> Look:
    name: str = step.facts[WATCHES]
    runs = list_runs(environment, clients, pipeline=pipeline.name, limit=MOST_LOOKS)
    run = next((one for one in runs if one.status == "succeeded"), None)
    newest = runs[0] if runs else None
    folder = step.facts[FOLDERS][0].format(run=run.id) if run else ""
    body = find_content(environment.lake, clients, f"{folder}report.json", MOST_BYTES) if run else None
    report = _read_report(body or b"")
    return Look(
        endpoint=name,
        pipeline=pipeline.name,
        run=run,
        failed=newest if newest and newest.status == "failed" else None,
        report=report,
        page=f"s3://{environment.lake.bucket}/{folder}report.html" if run else "",
        alarms=_alarms(clients, environment.endpoints[name]),
    )


def _read_report(body: bytes) -> Mapping[str, Any] | None:
    """None for what is no report of the shipped script: a team's own leaves what it likes."""
    try:
        found = read_json(body)
    except NotStrictJson:
        return None
    return found if isinstance(found, Mapping) and found.keys() >= TOLD else None


def _alarms(clients: Clients, endpoint: Endpoint) -> dict[str, str]:
    if not endpoint.watched:
        return {}
    with calling("cloudwatch:DescribeAlarms", endpoint.name):
        found = clients("cloudwatch").describe_alarms(AlarmNames=list(endpoint.watched.values()))["MetricAlarms"]
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}
    return {what: states.get(alarm, "gone") for what, alarm in endpoint.watched.items()}
