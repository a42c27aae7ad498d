"""What a run's jobs wrote, from CloudWatch Logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.errors import CloudError, RunError, UsageError
from mlops_iac.core.script_mode import host_name
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.runs.calls import calling, is_missing
from mlops_iac.runs.causes import find_cause
from mlops_iac.runs.pages import pages
from mlops_iac.runs.run import Run, StepRun

GROUPS = {
    "map": "/aws/sagemaker/ProcessingJobs",
    "processing": "/aws/sagemaker/ProcessingJobs",
    "training": "/aws/sagemaker/TrainingJobs",
    "transform": "/aws/sagemaker/TransformJobs",
    "tune": "/aws/sagemaker/TrainingJobs",
}
"""Kind of job to its log group."""
CONTAINER_GROUP = "/aws/batch/job"
"""Of containers whose definition names none."""
SPARK_GROUP = "/aws/emr-serverless"
"""Of jobs of Spark whose application names none."""
MOST_DESCRIBED = 100
"""Jobs of one DescribeJobs: https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobs.html"""
ENDPOINT_GROUP = "/aws/sagemaker/Endpoints/"


@dataclass(frozen=True)
class LogLine:
    step: str
    time: datetime
    text: str
    trial: str = ""
    """Number of the training that wrote it, where a step tunes; of the item, where it maps; of the job, where a step
    has several."""

    @property
    def writer(self) -> str:
        """``tune 003``"""
        return f"{self.step} {self.trial}".rstrip()


@dataclass
class JobLog:
    """One job's log, read on from where it was left. A job of several instances has a stream for each."""

    clients: Clients
    group: str
    prefix: str
    """What the names of its streams start with; empty for all streams of the group."""
    step: str
    _tokens: dict[str, str] = field(default_factory=dict)

    def read_on(self) -> list[LogLine]:
        """Lines that were written since the last time, in the order of their times; none when there is no log yet."""
        try:
            with calling("logs:GetLogEvents", self.prefix):
                lines = [line for stream in self._streams() for line in self._read_stream(stream)]
        except CloudError as error:
            if is_missing(error):
                return []
            raise
        return sorted(lines, key=lambda line: line.time)

    def trial_of(self, stream: str) -> str:
        """The number of the training or item that writes there; empty where there is one job."""
        return ""

    def _streams(self) -> list[str]:
        call = self.clients("logs").describe_log_streams
        arguments = {"logGroupName": self.group}
        if self.prefix:
            arguments["logStreamNamePrefix"] = self.prefix
        return [stream["logStreamName"] for stream in pages(call, "logStreams", next_key="nextToken", **arguments)]

    def _read_stream(self, stream: str) -> Iterator[LogLine]:
        """CloudWatch answers the same forward token again when there is nothing more."""
        while True:
            token = {"nextToken": self._tokens[stream]} if stream in self._tokens else {}
            page: dict[str, Any] = self.clients("logs").get_log_events(
                logGroupName=self.group, logStreamName=stream, startFromHead=True, **token
            )
            for event in page["events"]:
                time = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield LogLine(self.step, time, event["message"].rstrip("\n"), self.trial_of(stream))
            forward = page.get("nextForwardToken")
            if not forward or forward == self._tokens.get(stream):
                return
            self._tokens[stream] = forward
            if not page["events"]:
                return


@dataclass
class TrialsLog(JobLog):
    """The logs of all trainings of a tuning job: their names begin with its own, and ``prefix`` is that beginning."""

    def trial_of(self, stream: str) -> str:
        return stream.removeprefix(self.prefix).partition("-")[0]


@dataclass
class ContainerLog(JobLog):
    """The log of Batch jobs, whose numbers are the ``prefix``: a stream for each attempt, which Batch names when it has
    started its container."""

    _job_of: dict[str, str] = field(default_factory=dict)
    """Stream to the number of the job among the step's, where it has several, or to the node."""

    def trial_of(self, stream: str) -> str:
        return self._job_of.get(stream, "")

    def _streams(self) -> list[str]:
        numbers = self.prefix.split()
        known = {job["jobId"]: job for job in self._describe(numbers)}
        jobs = [(f"{place:03}", known[number]) for place, number in enumerate(numbers) if number in known]
        return [stream for place, job in jobs for stream in self._streams_of(place if len(numbers) > 1 else "", job)]

    def _describe(self, numbers: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for start in range(0, len(numbers), MOST_DESCRIBED):
            with calling("batch:DescribeJobs", self.prefix):
                found += self.clients("batch").describe_jobs(jobs=numbers[start : start + MOST_DESCRIBED])["jobs"]
        return found

    def _streams_of(self, place: str, job: Mapping[str, Any]) -> list[str]:
        """A job of several nodes has a container on each, which SageMaker would call an instance."""
        count = job.get("nodeProperties", {}).get("numNodes", 0)
        if count:
            nodes = self._describe([f"{job['jobId']}#{number}" for number in range(count)])
            return [
                stream
                for node in nodes
                for stream in self._streams_of(host_name(node["nodeDetails"]["nodeIndex"]), node)
            ]
        container = job.get("container", {})
        self.group = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group", CONTAINER_GROUP)
        each = [*(attempt.get("container", {}) for attempt in job.get("attempts", ())), container]
        streams = list(dict.fromkeys(one["logStreamName"] for one in each if one.get("logStreamName")))
        self._job_of.update(dict.fromkeys(streams, place))
        return streams


@dataclass
class SparkLog(JobLog):
    """The log of a job of Spark's driver: ``prefix`` is the application and the job in it."""

    def _streams(self) -> list[str]:
        application, _, job = self.prefix.partition("/")
        with calling("emr-serverless:GetApplication", application):
            found = self.clients("emr-serverless").get_application(applicationId=application)["application"]
        logging = found.get("monitoringConfiguration", {}).get("cloudWatchLoggingConfiguration", {})
        self.group = logging.get("logGroupName", self.group)
        start = f"/applications/{application}/jobs/{job}/SPARK_DRIVER/"
        call, named = self.clients("logs").describe_log_streams, {"logStreamNamePrefix": start}
        listed = pages(call, "logStreams", next_key="nextToken", logGroupName=self.group, **named)
        return [stream["logStreamName"] for stream in listed]


@dataclass
class ItemsLog(JobLog):
    """The logs of a map's jobs: ``prefix`` is what the step's own is called, an item's has its number behind it."""

    item: int | None = None
    """One item only. Left out: all of them, and the step's own job."""

    def trial_of(self, stream: str) -> str:
        return self._number(stream) or ""

    def _streams(self) -> list[str]:
        return [stream for stream in super()._streams() if self._is_wanted(stream)]

    def _is_wanted(self, name: str) -> bool:
        number = self._number(name)
        return number is not None and self.item in (None, int(number or -1))

    def _number(self, name: str) -> str | None:
        """The item's number in the name of a job; empty for the step's own job, None for a job of another step."""
        found = re.fullmatch(rf"{re.escape(self.prefix)}(?:-(\d+))?(?:-\d+)?(?:/.*)?", name)
        return None if found is None else found[1] or ""


@dataclass
class ItemContainersLog(ItemsLog):
    """The same where a map's jobs are on a queue, whose containers write to streams of other names."""

    _names: dict[str, str] = field(default_factory=dict)
    """Stream to the name of its job."""

    def trial_of(self, stream: str) -> str:
        return self._number(self._names[stream]) or ""

    def _streams(self) -> list[str]:
        batch = self.clients("batch")
        named = [{"name": "JOB_NAME", "values": [f"{self.prefix}*"]}]
        for queue in pages(batch.describe_job_queues, "jobQueues", next_key="nextToken"):
            for job in pages(
                batch.list_jobs, "jobSummaryList", next_key="nextToken", jobQueue=queue["jobQueueName"], filters=named
            ):
                if self._is_wanted(job["jobName"]):
                    self._find_containers(batch, job)
        return [*self._names]

    def _read_stream(self, stream: str) -> Iterator[LogLine]:
        """A container that wrote nothing has no stream."""
        try:
            with calling("logs:GetLogEvents", stream):
                lines = [*super()._read_stream(stream)]
        except CloudError as error:
            if not is_missing(error):
                raise
            return
        yield from lines

    def _find_containers(self, batch: Any, job: Mapping[str, Any]) -> None:
        """Of a job, or of each child of an array."""
        numbers = [job["jobId"]]
        if "size" in job.get("arrayProperties", {}):
            numbers = [f"{job['jobId']}:{index}" for index in range(job["arrayProperties"]["size"])]
        for at in range(0, len(numbers), MOST_DESCRIBED):
            for found in batch.describe_jobs(jobs=numbers[at : at + MOST_DESCRIBED])["jobs"]:
                container = found.get("container", {})
                self.group = container.get("logConfiguration", {}).get("options", {}).get("awslogs-group", self.group)
                for one in (*(attempt.get("container", {}) for attempt in found.get("attempts", ())), container):
                    if one.get("logStreamName"):
                        self._names[one["logStreamName"]] = job["jobName"]


def job_log(clients: Clients, step: StepRun, item: int | None = None) -> JobLog:
    """The log of a step that is a job, or of one item of a map; check `step.job` first."""
    if step.kind == "map" and step.job_kind == "batch":
        return ItemContainersLog(clients, CONTAINER_GROUP, str(step.job), step.name, item=item)
    if step.job_kind == "map":
        return ItemsLog(clients, GROUPS[step.job_kind], str(step.job), step.name, item=item)
    if step.job_kind == "batch":
        return ContainerLog(clients, "", str(step.job), step.name)
    if step.job_kind == "spark":
        return SparkLog(clients, SPARK_GROUP, str(step.job), step.name)
    if step.job_kind == "tune":
        return TrialsLog(clients, GROUPS[step.job_kind], f"{step.job}-", step.name)
    return JobLog(clients, GROUPS[step.job_kind], f"{step.job}/", step.name)


def read_logs(clients: Clients, run: Run, step: str | None = None, item: int | None = None) -> Iterator[LogLine]:
    """The lines of one step, or of all that have started, step after step; or those of one item of a step that maps.
    Raises UsageError for an unknown step, and for an item of a step that has none."""
    chosen = choose_steps(run, step)
    if item is not None and (step is None or chosen[0].kind != "map"):
        maps = [one.name for one in run.steps if one.kind == "map"]
        raise UsageError(
            "Step has no items.",
            f"`--item {item}` is for a step that maps; this is {f'`{step}`' if step else 'a whole run'}.",
            hint=f"name the step: {', '.join(maps)}." if maps else "leave `--item` out: no step of this run maps.",
        )
    for one in chosen:
        if one.job and (one.started or one.status == "reused"):
            yield from job_log(clients, one, item).read_on()


def choose_steps(run: Run, step: str | None) -> tuple[StepRun, ...]:
    if step is None:
        return run.steps
    chosen = next((one for one in run.steps if one.name == step), None)
    names = [one.name for one in run.steps if one.job]
    if chosen is None:
        raise UsageError("No such step.", f"Run {run.id} has no step `{step}`.", hint=did_you_mean(step, names))
    if chosen.job is None:
        raise UsageError(
            "Step has no log.",
            f"`{step}` is a {chosen.kind} step: it calls AWS and runs no code.",
            hint=f"steps with a log: {', '.join(names)}.",
        )
    return (chosen,)


def read_tail(clients: Clients, step: StepRun, lines: int = 20) -> list[LogLine]:
    """The last lines of a step's log; none when it has no log."""
    return job_log(clients, step).read_on()[-lines:] if step.job and step.started else []


def read_endpoint_tail(
    clients: Clients, endpoint: str, lines: int = 15, *, since: datetime, until: datetime | None = None
) -> list[LogLine]:
    """The last lines that an endpoint wrote from one moment to another (to now), of all its variants and instances."""
    found = JobLog(clients, f"{ENDPOINT_GROUP}{endpoint}", "", endpoint).read_on()
    return [line for line in found if since <= line.time and (until is None or line.time <= until)][-lines:]


def get_tail_error(clients: Clients, run: Run, endpoints: Sequence[str] = (), *, quiet: bool = False) -> RunError:
    """The error that a failed run is told with: step, cause and remedy, and the end of its log unless ``quiet``.

    ``endpoints`` are those its pipeline deploys to: when the deploy step failed, their log says why.
    """
    step = run.failed_step
    hint = f"`mlops-iac logs {run.stack} {run.id}` shows what its jobs wrote."
    if step is None:
        return RunError("Run failed.", run.error or "its orchestrator gives no reason.", hint=hint)
    log = text_lines(read_tail(clients, step)) if step.job else []
    cause = find_cause(run, step, log)
    tail = [] if quiet else without_reason(log, step.reason)
    if step.job:
        hint = f"`mlops-iac logs {run.stack} {run.id} {step.name}` shows all of it."
    elif step.kind == "deploy" and step.started:
        hint = "correct `inference.py`, or what `train` saves, and run the pipeline again."
    detail = tell_once(step.name, cause.words, tail)
    if step.kind == "deploy" and step.started:
        for endpoint in endpoints:
            lines = read_endpoint_tail(clients, endpoint, since=step.started, until=step.ended)
            detail += tail_words(f"the log of {endpoint}", text_lines(lines))
    return RunError("Run failed.", detail, hint=cause.remedy or hint)


def tell_once(step: str, words: str, tail: list[str]) -> str:
    """What happened and the end of the log. When the log ends with what happened, the log alone says it."""
    if words in [line.strip() for line in tail]:
        return f"Step `{step}` failed.{tail_words('its log', tail)}"
    return f"Step `{step}`: {words}{tail_words('its log', tail)}"


def tail_words(what: str, lines: list[str]) -> str:
    text = "\n".join(lines).rstrip()
    return f"\nThe end of {what}:\n{text}" if text else ""


def text_lines(lines: list[LogLine]) -> list[str]:
    """One event of a log may hold several lines of text."""
    return [text for line in lines for text in line.text.splitlines() or [""]]


def without_reason(lines: list[str], reason: str) -> list[str]:
    """A job's log without the reason at its end: SageMaker's toolkit writes there what it also reports."""
    first = reason.strip().splitlines()[:1]
    starts = [number for number, line in enumerate(lines) if [line.strip()] == first]
    told = starts and all(line.strip() in reason for line in lines[starts[-1] :])
    return lines[: starts[-1]] if told else lines
