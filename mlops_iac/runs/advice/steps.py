"""What the machines of a pipeline's steps took, job by job, and what would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.environment import Environment
from mlops_iac.core.metering import ENDS, STARTS, job_seconds
from mlops_iac.runs.advice.one import Allowed, StepAdvice, offered, saved
from mlops_iac.runs.advice.sizing import confidence_of, find_better
from mlops_iac.runs.advice.use import WINDOW, Measured, read_points, together, use_of
from mlops_iac.runs.calls import calling, found_or_missing
from mlops_iac.runs.cost import JOBS
from mlops_iac.runs.history import get_run
from mlops_iac.runs.names import moment_of
from mlops_iac.runs.pages import pages
from mlops_iac.runs.run import StepRun
from mlops_iac.runs.runners import runner_for

LATEST: Final = 20
"""Runs of a pipeline that are looked at."""
MOST_COUNTED: Final = 1000
"""Runs of a pipeline that are counted."""
MONTH: Final = timedelta(days=30)
NAMESPACES: Final = {"processing": "ProcessingJobs", "training": "TrainingJobs", "transform": "TransformJobs"}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One that succeeded, and where its instances' metrics are."""

    name: str
    kind: str
    described: Mapping[str, Any]
    hosts: tuple[str, ...]

    @property
    def machines(self) -> Mapping[str, Any]:
        return JOBS[self.kind][1](self.described)

    def measured(self) -> list[Measured]:
        start = next((self.described[key] for key in STARTS if self.described.get(key)), None)
        end = next((self.described[key] for key in ENDS if self.described.get(key)), None)
        if start is None or end is None:
            return []
        namespace = f"/aws/sagemaker/{NAMESPACES[self.kind]}"
        return [Measured(namespace=namespace, dimensions={"Host": one}, start=start, end=end) for one in self.hosts]


def advise_steps(environment: Environment, clients: Clients, since: datetime, allowed: Allowed) -> Iterator[StepAdvice]:
    for pipeline in environment.pipelines.values():
        listed = (one.run for one in runner_for(environment, pipeline, clients).listed(page=100))
        recent = [*islice(takewhile(lambda run: moment_of(run) >= since, listed), MOST_COUNTED)]
        runs = [get_run(environment, clients, run) for run in recent[:LATEST]]
        a_month = len(recent) * (MONTH / WINDOW)
        steps: defaultdict[str, list[StepRun]] = defaultdict(list)
        for run in runs:
            for step in run.steps:
                if step.status == "succeeded" and step.job and _kind_of(step) in JOBS:
                    steps[step.name].append(step)
        for name, done in steps.items():
            times = a_month * len(done) / len(runs)
            yield from _advise(f"{pipeline.name}.{name}", clients, done, times, allowed)


def _advise(
    where: str, clients: Clients, done: Sequence[StepRun], times: float, allowed: Allowed
) -> Iterator[StepAdvice]:
    """Of the type that it has now: jobs that ran on another one tell of another machine. ``times``: a month."""
    jobs = [*_jobs(clients, done)]
    if not jobs:
        return
    machines = jobs[0].machines
    kind, count = str(machines["InstanceType"]), int(machines.get("InstanceCount", 1))
    same = [job for job in jobs if job.machines["InstanceType"] == kind]
    asked = [(job, one) for job in same for one in job.measured()]
    points = read_points(clients, [one for _, one in asked])
    telling = {job.name for (job, _), found in zip(asked, points, strict=True) if found.get("CPUUtilization")}
    use = use_of(together(points), kind)
    sizing = find_better(kind, use, len(telling), offered(jobs[0].kind), clients.region, allowed)
    hours = sum(job_seconds(job.described, job.described["CreationTime"]) for job in same) / len(same) / 3600
    an_hour = saved(kind, sizing.better, clients.region)
    a_run = None if an_hour is None else an_hour * count * hours
    yield StepAdvice(
        where=where, kind=jobs[0].kind, instance_type=kind, instances=count, jobs=len(telling), use=use,
        sizing=sizing, confidence=confidence_of(len(telling)), settings=done[0].settings,
        saves_a_run=a_run, saves_a_month=None if a_run is None else a_run * times,
    )  # fmt: skip


def _kind_of(step: StepRun) -> str:
    """The trainings of a search are training jobs."""
    return "training" if step.job_kind == "tune" else step.job_kind


def _jobs(clients: Clients, steps: Sequence[StepRun]) -> Iterator[Job]:
    for step in steps:
        kind = _kind_of(step)
        noun = JOBS[kind][0]
        names = [trial.name for trial in step.trials] if step.trials else str(step.job).split()
        asked = [{f"{noun}Name": name} for name in names]
        answers = clients.many("sagemaker", f"describe_{kind}_job", asked)
        for name, answer in zip(names, answers, strict=True):
            found = found_or_missing(answer, f"sagemaker:Describe{noun}", name, "ValidationException")
            if found and found[f"{noun}Status"] == "Completed":
                yield Job(name=name, kind=kind, described=found, hosts=tuple(_hosts(clients, name, kind, found)))


def _hosts(clients: Clients, name: str, kind: str, described: Mapping[str, Any]) -> list[str]:
    """Those of a transform job have ids that only their metrics tell."""
    if kind != "transform":
        return [f"{name}/algo-{each + 1}" for each in range(JOBS[kind][1](described).get("InstanceCount", 1))]
    asked = {
        "Namespace": "/aws/sagemaker/TransformJobs",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "Host"}],
    }
    with calling("cloudwatch:ListMetrics", name):
        found = [*pages(clients("cloudwatch").list_metrics, "Metrics", next_key="NextToken", **asked)]
    hosts = [each["Value"] for one in found for each in one["Dimensions"] if each["Name"] == "Host"]
    return [host for host in hosts if host.startswith(f"{name}/")]
