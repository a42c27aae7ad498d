"""Runs on Airflow: a run of the DAG each, called like the run, and asked for through MWAA's InvokeRestApi.

The API shows no exception of a task; the helper of the DAG files leaves its words as the task's note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.approvals import REJECTED, Answer
from mlops_iac.core.environment import Environment, Pipeline, Step
from mlops_iac.core.errors import CloudError
from mlops_iac.core.evaluation import MOST_BYTES
from mlops_iac.core.strict_json import NotStrictJson, read_json
from mlops_iac.pipelines import hyperparameters
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.names import NAME_LIMIT, RUN_ID, is_made_by_run
from mlops_iac.runs.run import TIME_LIMIT, Finding, RunStatus, StepRun, StepStatus, Verdict
from mlops_iac.runs.runners.execution import Execution, History, Listed, Order, TakeOver, nothing_to_pull

STATUSES: Final[Mapping[str, RunStatus]] = {
    "queued": "running",
    "running": "running",
    "success": "succeeded",
    "failed": "failed",
}
TASK_STATUSES: Final[Mapping[str | None, StepStatus]] = {
    None: "waiting",
    "deferred": "running",
    "failed": "failed",
    "queued": "running",
    "removed": "skipped",
    "restarting": "running",
    "running": "running",
    "scheduled": "running",
    "skipped": "skipped",
    "success": "succeeded",
    "up_for_reschedule": "running",
    "up_for_retry": "running",
    "upstream_failed": "skipped",
}
STOPS: Final[Mapping[str, tuple[str, str]]] = {
    "processing": ("stop_processing_job", "ProcessingJobName"),
    "map": ("stop_processing_job", "ProcessingJobName"),
    "training": ("stop_training_job", "TrainingJobName"),
    "transform": ("stop_transform_job", "TransformJobName"),
    "tune": ("stop_hyper_parameter_tuning_job", "HyperParameterTuningJobName"),
}
"""Kind of job to the call that stops it, and the parameter that names it."""

GUARD: Final = "--when"
"""What the name of a step's condition ends in."""
STOPPED: Final = "Stopped"
"""How the note of a run begins that a person stopped."""
APPROVED: Final = "Approved"
REFUSED: Final = "GateRefused"
LATE: Final = re.compile(r"Sensor has timed out")
FRAME: Final = re.compile(r"^SageMaker job failed because |^Error .*? Reason: |^Batch job \S+(?:: |$)")
"""What operators put before the words of the service that a job failed on."""
NUMBER: Final = re.compile(r"^(?:Batch|Spark) job ([^\s:]+)")
"""How the note of a task begins whose job got a number: Batch and EMR Serverless give their jobs numbers."""
ENDS: Final[Mapping[StepStatus, RunStatus]] = {"refused": "refused", "timed-out": "timed-out"}
GONE: Final = 404
TAKEN: Final = 409

Native = Mapping[str, Any]
"""One task instance as Airflow's API tells it. It is called like our step, or ``<step>--<what>``."""


class Runner:
    """One pipeline's runs."""

    most_evaluation = MOST_BYTES
    started_by: tuple[str, str] | None = None
    takes_over = True

    def __init__(self, environment: Environment, pipeline: Pipeline, clients: Clients) -> None:
        self.stack, self.pipeline, self._clients = environment.stack, pipeline, clients
        self._environment, _, self._dag = pipeline.handle.partition("/")
        self._listed: dict[str, Native] = {}

    def check(self, order: Order) -> None:
        """Parameters are checked already; Airflow holds them against the DAG's own schema once more."""

    def start(self, order: Order) -> Execution:
        # Imported here: the compilers load pydantic, and those who only read runs start none.
        from mlops_iac.pipelines.compile.airflow.starting import start_request

        arguments = start_request(self.stack, self.pipeline, order).arguments
        self._ask(arguments["Method"], arguments["Path"].removeprefix(f"/dags/{self._dag}"), body=arguments["Body"])
        return Execution(
            run=order.run,
            handle=f"{self.pipeline.handle}/{order.run}",
            status="running",
            started=datetime.now(UTC),
            code=order.code_sha,
            parameters=order.parameters,
            names=order.names,
        )

    def runs(self, *, running: bool = False) -> Iterator[Execution]:
        for told in self._list(100, **({"state": ["queued", "running"]} if running else {})):
            yield self._execution(told)

    def listed(self, *, page: int = 100) -> Iterator[Listed]:
        for told in self._list(min(page, 100)):
            run = told["dag_run_id"]
            self._listed[run] = told
            yield Listed(run, f"{self.pipeline.handle}/{run}")

    def describe(self, listed: Sequence[Listed]) -> list[Execution | None]:
        """What the list told is all there is to know of a run that did not fail."""
        known = [self._listed.pop(one.run, None) for one in listed]
        return [self._execution(told) if told else self.find(one.run) for one, told in zip(listed, known, strict=True)]

    def find(self, run: str) -> Execution | None:
        with missing_is_nothing():
            return self._execution(self._ask("GET", f"/dagRuns/{run}"))
        return None

    def read_history(self, execution: Execution) -> History:
        natives = self._tasks(execution.run)
        over = execution.status != "running"
        steps = tuple(
            _taken(
                _step(step, _of(step, natives), execution.names, over=over, stopped=execution.status == "stopped"),
                execution,
            )
            for step in self.pipeline.steps
        )
        left = {
            step.name: {"name": _attempt_name(step, _of(step, natives), execution.names)}
            for step in self.pipeline.steps
            if "cache" in step.facts
        }
        packages = [
            str(one["note"])
            for step in self.pipeline.steps
            for one in _of(step, natives)
            if step.kind == "register" and one["state"] == "success" and one.get("note")
        ]
        return History(steps=steps, model_package_arn=packages[-1] if packages else None, left=left)

    def answer(self, token: str, answer: Answer) -> None:
        """A variable of Airflow, which the step that waits looks for."""
        body = {"key": token, "value": json.dumps({**answer.told, "approved": answer.approved})}
        self._call("POST", "/variables", body=body)

    def stop(self, execution: Execution, why: str) -> None:
        """Airflow ends the tasks; the jobs that they wait for are stopped here, as its operators leave them running."""
        steps = self.read_history(execution).steps
        self._ask("PATCH", f"/dagRuns/{execution.run}/setNote", body={"note": f"{STOPPED}: {why}"})
        self._ask("PATCH", f"/dagRuns/{execution.run}", body={"state": "failed"})
        for step in steps:
            if step.status == "running" and step.job:
                self._stop_job(step, step.job, why)

    def _stop_job(self, step: StepRun, job: str, why: str) -> None:
        if step.job_kind == "batch":
            with calling("batch:TerminateJob", job):
                self._clients("batch").terminate_job(jobId=job, reason=why)
        elif step.job_kind == "spark":
            application, _, number = job.partition("/")
            with missing_is_nothing("ValidationException"), calling("emr-serverless:CancelJobRun", job):
                self._clients("emr-serverless").cancel_job_run(applicationId=application, jobRunId=number)
        elif step.job_kind in STOPS:
            operation, name = STOPS[step.job_kind]
            with missing_is_nothing("ValidationException"), calling(f"sagemaker:{operation}", job):
                getattr(self._clients("sagemaker"), operation)(**{name: job})

    def retry(self, execution: Execution, step: str, order: Order, take_over: TakeOver) -> Execution:
        """Airflow goes on with the same run: the step and all behind it are done again, whatever became of them."""
        body = {
            "dry_run": False,
            "task_ids": [step],
            "dag_run_id": execution.run,
            "only_failed": False,
            "include_downstream": True,
            "reset_dag_runs": True,
        }
        self._ask("PATCH", f"/dagRuns/{execution.run}/setNote", body={"note": f"Again from {step}"})
        self._ask("POST", "/clearTaskInstances", body=body)
        return replace(execution, status="running", ended=None, error="", verdict=None, answer=None)

    def pull(self, execution: Execution, folder: Path) -> int:
        raise nothing_to_pull(self.pipeline)

    def undeploy(self) -> int:
        """What runs is a resource of the stack."""
        return 0

    def owns(self, name: str) -> bool:
        return is_made_by_run(self.stack, name)

    # Airflow's API ------------------------------------------------------------------------------------------------

    def _list(self, page: int, **only: Any) -> Iterator[dict[str, Any]]:
        """Runs newest first; those that nobody started through us are left out."""
        offset = 0
        while True:
            query = {"limit": page, "offset": offset, "order_by": "-execution_date", **only}
            found = self._ask("GET", "/dagRuns", query=query)["dag_runs"]
            yield from (one for one in found if RUN_ID.fullmatch(one["dag_run_id"]))
            if len(found) < page:
                return
            offset += page

    def _tasks(self, run: str) -> Sequence[Native]:
        found: Sequence[Native] = self._ask("GET", f"/dagRuns/{run}/taskInstances", query={"limit": 100})[
            "task_instances"
        ]
        return found

    def _ask(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        return self._call(method, f"/dags/{self._dag}{path}", query=query, body=body)

    def _call(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Airflow's answer. Raises CloudError, in Airflow's own words where it has some."""
        more = {**({"QueryParameters": query} if query else {}), **({"Body": body} if body is not None else {})}
        try:
            with calling("mwaa:InvokeRestApi", f"{method} {path}"):
                answer = self._clients("mwaa").invoke_rest_api(Name=self._environment, Method=method, Path=path, **more)
        except CloudError as error:
            raise _in_airflows_words(error) from error
        return answer["RestApiResponse"]

    def _execution(self, told: Mapping[str, Any]) -> Execution:
        conf, run = told.get("conf") or {}, told["dag_run_id"]
        reuse = conf.get("reuse") or {"runs": {}, "left": {}}
        status, note = STATUSES[told["state"]], str(told.get("note") or "")
        found = Execution(
            run=run,
            handle=f"{self.pipeline.handle}/{run}",
            status=status,
            started=_moment(told.get("start_date") or told["execution_date"]),
            ended=_moment(told["end_date"]) if status != "running" and told.get("end_date") else None,
            code=str(conf.get("code", {}).get("sha", "")),
            parameters=hyperparameters.written(conf.get("parameters", {})),
            names=conf.get("names", {}),
            reused=tuple(reuse["left"]),
            origins={step: origin for step, origin in reuse["runs"].items() if origin != run},
        )
        if status != "failed":
            return found
        if note.startswith(STOPPED):
            return replace(found, status="stopped", error=note)
        return self._explained(found)

    def _explained(self, found: Execution) -> Execution:
        """Why a run failed, by the first task that did."""
        failed = [one for one in self._tasks(found.run) if one["state"] == "failed"]
        first = min(failed, key=lambda one: str(one.get("end_date")), default=None)
        if first is None:
            return replace(found, error="The run took longer than its DAG allows.")
        note = str(first.get("note") or "")
        answer = _answer(note)
        return replace(
            found,
            status=ENDS.get(_failure(note), "failed"),
            error=str(answer or _words(note)),
            answer=answer,
            verdict=_verdict(note),
        )


def _in_airflows_words(error: CloudError) -> CloudError:
    told = getattr(error.__cause__, "response", None) or {}
    status, document = told.get("RestApiStatusCode"), told.get("RestApiResponse")
    if status is None:
        return error
    detail = document.get("detail") if isinstance(document, Mapping) else ""
    code = "ResourceNotFoundException" if status == GONE else error.code
    return CloudError(
        "Airflow refused a request.",
        f"{error.resource}: {detail or 'it gives no reason'} ({status}).",
        resource=error.resource,
        call=error.call,
        code=code,
    )


def _of(step: Step, natives: Sequence[Native]) -> list[Native]:
    """The tasks of a step, the first first; the condition around it says nothing of it, unless it could not decide."""
    own = [one for one in natives if one["task_id"].partition("--")[0] == step.name]
    told = [one for one in own if not one["task_id"].endswith(GUARD) or one["state"] == "failed"]
    return sorted(told, key=lambda one: str(one.get("start_date") or "9"))


def _step(step: Step, own: list[Native], names: Mapping[str, str], *, over: bool, stopped: bool) -> StepRun:
    """How far one of our steps is, by its tasks."""
    statuses = [TASK_STATUSES[one["state"]] for one in own]
    broken = next((one for one in own if one["state"] == "failed"), None)
    note = str((broken or {}).get("note") or "")
    status: StepStatus
    if broken is not None:
        status = "stopped" if stopped else _failure(note)
    elif "running" in statuses or ("succeeded" in statuses and "waiting" in statuses and not over):
        status = "running"
    else:
        status = next((one for one in statuses if one != "succeeded"), "succeeded")
    if over and status in ("waiting", "running"):
        status = "skipped"
    begun = [one["start_date"] for one in own if one.get("start_date")]
    ended = [one["end_date"] for one in own if one.get("end_date")]
    done = status not in ("waiting", "running", "skipped")
    kept = [found for one in own if (found := _answer(str(one.get("note") or "")))]
    return StepRun(
        name=step.name,
        kind=step.kind,
        status=status,
        started=_moment(begun[0]) if begun and status not in ("waiting", "skipped") else None,
        ended=_moment(ended[-1]) if ended and done else None,
        job=_job(step, own, names) if "job" in step.facts and status not in ("waiting", "skipped") else None,
        job_kind=step.facts.get("job", ""),
        reason=str(_answer(note) or _words(note)) if broken is not None and not stopped else "",
        answer=kept[-1] if kept else None,
        attempts=max((int(one.get("try_number") or 1) for one in own), default=1),
        settings=step.facts.get("settings", ""),
    )


def _taken(step: StepRun, execution: Execution) -> StepRun:
    """A step whose work was taken over from a run before had no job."""
    if step.name not in execution.reused:
        return step
    status: StepStatus = "reused" if step.status == "succeeded" else step.status
    return replace(step, status=status, job=None, reused_from=execution.origins.get(step.name, ""))


def _job(step: Step, own: list[Native], names: Mapping[str, str]) -> str | None:
    """The job's name: each attempt after the first adds its number. On a queue it is the number that Batch gave, and of
    Spark the application's and the job's."""
    if step.facts["job"] in ("batch", "spark") and step.kind != "map":  # the jobs of a map are found by its name
        told = [found[1] for one in own if (found := NUMBER.match(str(one.get("note") or "")))]
        return told[-1] if told else None
    return _attempt_name(step, own, names)


def _attempt_name(step: Step, own: list[Native], names: Mapping[str, str]) -> str | None:
    name, attempt = names.get(step.name), max((int(one.get("try_number") or 0) for one in own), default=0)
    if name is None or attempt == 0:
        return None
    end = "" if attempt == 1 else f"-{attempt}"
    return f"{name[: int(step.facts[NAME_LIMIT]) - len(end)]}{end}"


def _failure(note: str) -> StepStatus:
    """How a task ended that failed, by its note."""
    if note.startswith((REFUSED, REJECTED)):
        return "refused"
    return "timed-out" if LATE.search(note) or TIME_LIMIT.search(_words(note)) else "failed"


def _words(note: str) -> str:
    return FRAME.sub("", note)


def _answer(note: str) -> Answer | None:
    """What a person said, in the note of the task that waited."""
    head, _, text = note.partition(": ")
    return Answer.parse(text, approved=head == APPROVED) if head in (APPROVED, REJECTED) else None


def _verdict(note: str) -> Verdict | None:
    """What a gate said that refused; None where the note was too long to be whole: the file tells then."""
    head, _, text = note.partition(": ")
    if head != REFUSED:
        return None
    try:
        told = read_json(text)
        findings = tuple(Finding(**one) for one in told["conditions"])
    except (NotStrictJson, KeyError, TypeError):
        return Verdict(passed=False)
    return Verdict(passed=False, conditions=findings)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
