"""Runs on SageMaker Pipelines: one execution of the pipeline each, shown there as ``<stack>-<run>``."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from mlops_iac.clients import Clients
from mlops_iac.core.approvals import Answer
from mlops_iac.core.champions import SLOT
from mlops_iac.core.environment import Environment, Pipeline, Step
from mlops_iac.core.errors import Problem, UsageError
from mlops_iac.core.evaluation import MOST_BYTES
from mlops_iac.core.strict_json import read_json
from mlops_iac.core.suggestions import did_you_mean
from mlops_iac.pipelines import hyperparameters
from mlops_iac.runs.calls import calling, found_or_missing
from mlops_iac.runs.names import find_run_id, is_made_by_run, moment_of
from mlops_iac.runs.pages import pages
from mlops_iac.runs.run import TIME_LIMIT, RunStatus, StepRun, StepStatus
from mlops_iac.runs.runners.execution import Execution, History, Listed, Order, TakeOver, nothing_to_pull
from mlops_iac.runs.runners.sagemaker_callbacks import find_answer, status_of_failure, write_rejection

STATUSES: Final[Mapping[str, RunStatus]] = {
    "Executing": "running",
    "Stopping": "running",
    "Stopped": "stopped",
    "Failed": "failed",
    "CompletedWithFailures": "failed",
    "Succeeded": "succeeded",
}
STEP_STATUSES: Final[Mapping[str, StepStatus]] = {
    "Starting": "running",
    "Executing": "running",
    "Stopping": "running",
    "Stopped": "stopped",
    "Failed": "failed",
    "Succeeded": "succeeded",
}
_ENDS: Final[Mapping[StepStatus, RunStatus]] = {"refused": "refused", "timed-out": "timed-out", "failed": "failed"}
"""How a run ends whose approval ended so."""
LATEST: Final = timedelta(days=1)
"""How long after its moment a run that a trigger started may begin."""

LONGEST_VALUE: Final = 1024
"""Characters of a parameter's value: SageMaker's API model, ParameterValue."""

JOB: Final = re.compile(r"[a-z0-9]{12}-[A-Za-z0-9]+(-\d+)?")
"""What SageMaker puts behind the stack's name in the name of a job: the execution's id and a token."""
TUNING: Final = re.compile(r"[a-z0-9]{12}-[A-Za-z0-9]{10}(-\d{3}-[0-9a-f]{8})?")
"""The same in the names of a tuning job and of its trainings."""
TUNING_PREFIX: Final = 8
"""Characters of the stack's name that the 32 of a tuning job leave."""

GUARD: Final = "--when"
"""What the name of a step's condition ends in."""

Native = Mapping[str, Any]
"""One step as ListPipelineExecutionSteps tells it. It is called like ours, or ``<step>--<what>``."""


class Runner:
    """One pipeline's executions."""

    most_evaluation = MOST_BYTES
    started_by: tuple[str, str] | None = ("StartPipelineExecution", "pipelineExecutionDisplayName")
    """AWS tells no limit for a property file: what we read is all that can be shown."""
    takes_over = False
    """SageMaker itself finds the run before that did the same."""

    def __init__(self, environment: Environment, pipeline: Pipeline, clients: Clients) -> None:
        self.stack, self.pipeline, self._clients = environment.stack, pipeline, clients

    def check(self, order: Order) -> None:
        """A definition names its parameters, hyperparameters too: a run can change their values, not their names."""
        problems = [*self._unknown(order), *self._too_long(order)]
        if problems:
            raise UsageError.of(problems)

    def start(self, order: Order) -> Execution:
        # Imported here: the compilers load pydantic, and those who only read runs start none.
        from mlops_iac.pipelines.compile.sagemaker_pipelines.starting import start_request

        with calling("sagemaker:StartPipelineExecution", self.pipeline.name):
            answer = self._client.start_pipeline_execution(**start_request(self.stack, self.pipeline, order).arguments)
        return Execution(
            run=order.run,
            handle=answer["PipelineExecutionArn"],
            status="running",
            started=datetime.now(UTC),
            code=order.code_sha,
            parameters=order.parameters,
            names=order.names,
        )

    def runs(self, *, running: bool = False) -> Iterator[Execution]:
        for run, summary in self._summaries():
            if not running or STATUSES[summary["PipelineExecutionStatus"]] == "running":
                found = self._describe(run, summary["PipelineExecutionArn"])
                if found is not None:
                    yield found

    def listed(self, *, page: int = 100) -> Iterator[Listed]:
        for run, summary in self._summaries(MaxResults=min(page, 100)):
            yield Listed(run, summary["PipelineExecutionArn"])

    def describe(self, listed: Sequence[Listed]) -> list[Execution | None]:
        asked = [{"PipelineExecutionArn": one.handle} for one in listed]
        described = self._clients.many("sagemaker", "describe_pipeline_execution", asked)
        parameters = self._clients.many("sagemaker", "list_pipeline_parameters_for_execution", asked)
        return [
            self._execution(
                one.run,
                one.handle,
                found_or_missing(known, "sagemaker:DescribePipelineExecution", one.run),
                found_or_missing(first, "sagemaker:ListPipelineParametersForExecution", one.run) or {},
            )
            for one, known, first in zip(listed, described, parameters, strict=True)
        ]

    def find(self, run: str) -> Execution | None:
        """SageMaker chooses the ARN, so the run is looked for around the moment that its id tells."""
        moment = moment_of(run)
        around = {"CreatedAfter": moment - timedelta(hours=1), "CreatedBefore": moment + LATEST}
        for found, summary in self._summaries(**around):
            if found == run:
                return self._describe(run, summary["PipelineExecutionArn"])
        return None

    def read_history(self, execution: Execution) -> History:
        natives = self._read_steps(execution.handle)
        over = execution.status != "running"
        packages = [one["Metadata"]["RegisterModel"]["Arn"] for one in natives if _has(one, "RegisterModel")]
        found = (_step(step, _of(step, natives), natives, over=over) for step in self.pipeline.steps)
        steps = tuple(replace(one, reused_from=execution.origins.get(one.name, "")) for one in found)
        return History(steps=steps, model_package_arn=packages[-1] if packages else None)

    def answer(self, token: str, answer: Answer) -> None:
        if answer.approved:
            outputs = [{"Name": name, "Value": value} for name, value in answer.told.items()]
            with calling("sagemaker:SendPipelineExecutionStepSuccess", self.pipeline.name):
                self._client.send_pipeline_execution_step_success(CallbackToken=token, OutputParameters=outputs)
        else:
            with calling("sagemaker:SendPipelineExecutionStepFailure", self.pipeline.name):
                self._client.send_pipeline_execution_step_failure(
                    CallbackToken=token, FailureReason=write_rejection(answer)
                )

    def stop(self, execution: Execution, why: str) -> None:
        """SageMaker stops the jobs that run; it keeps no reason."""
        with calling("sagemaker:StopPipelineExecution", execution.run):
            self._client.stop_pipeline_execution(PipelineExecutionArn=execution.handle)

    def retry(self, execution: Execution, step: str, order: Order, take_over: TakeOver) -> Execution:
        """SageMaker goes on with the same execution, from what failed or was stopped, and from nowhere else."""
        ends = ("failed", "stopped", "timed-out")
        broken = [one.name for one in self.read_history(execution).steps if one.status in ends]
        if step not in broken:
            raise UsageError(
                "SageMaker cannot begin there.",
                f"It retries a run from what did not succeed: {', '.join(broken) or 'nothing'}; not from `{step}`.",
                hint="leave --from out, or start a new run.",
            )
        with calling("sagemaker:RetryPipelineExecution", execution.run):
            self._client.retry_pipeline_execution(PipelineExecutionArn=execution.handle)
        return replace(execution, status="running", ended=None, error="")

    def pull(self, execution: Execution, folder: Path) -> int:
        raise nothing_to_pull(self.pipeline)

    def undeploy(self) -> int:
        """What runs is a resource of the stack."""
        return 0

    def owns(self, name: str) -> bool:
        rest = name.removeprefix(f"{self.stack}-")
        tuned = name.removeprefix(f"{self.stack[:TUNING_PREFIX].rstrip('-')}-")
        return (
            is_made_by_run(self.stack, name)
            or (rest != name and JOB.fullmatch(rest) is not None)
            or (tuned != name and TUNING.fullmatch(tuned) is not None)
        )

    @property
    def _client(self) -> Any:
        return self._clients("sagemaker")

    def _unknown(self, order: Order) -> Iterator[Problem]:
        for name, parameter in self.pipeline.parameters.items():
            if parameter.type == "strings":
                for key in sorted(order.parameters[name].keys() - parameter.default.keys()):
                    known = ", ".join(parameter.default) or "none"
                    hint = f"add it under `{name}` in the stack file and run `up`"
                    yield Problem(
                        path=f"{name}.{key}",
                        summary="Unknown parameter.",
                        detail=f"`{key}` is not in the pipeline's definition, which has: {known}.",
                        hint=f"{hint}; {did_you_mean(key, parameter.default)}" if parameter.default else f"{hint}.",
                    )

    def _too_long(self, order: Order) -> Iterator[Problem]:
        from mlops_iac.pipelines.compile.sagemaker_pipelines.starting import flat

        for name, value in flat(order.parameters).items():
            if len(value) > LONGEST_VALUE:
                detail = f"It has {len(value)} characters; SageMaker takes {LONGEST_VALUE}."
                path, hint = name.replace("--", "."), "put it into a file of the code folder."
                yield Problem(path=path, summary="Wrong parameter.", detail=detail, hint=hint)

    def _summaries(self, **more: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
        with calling("sagemaker:ListPipelineExecutions", self.pipeline.name):
            call = self._client.list_pipeline_executions
            found = pages(
                call,
                "PipelineExecutionSummaries",
                PipelineName=self.pipeline.handle,
                SortBy="CreationTime",
                SortOrder="Descending",
                **more,
            )
            for summary in found:
                run = find_run_id(self.stack, summary.get("PipelineExecutionDisplayName", ""))
                if run:
                    yield run, summary

    def _read_steps(self, arn: str) -> Sequence[Native]:
        with calling("sagemaker:ListPipelineExecutionSteps", arn):
            call = self._client.list_pipeline_execution_steps
            return [*pages(call, "PipelineExecutionSteps", PipelineExecutionArn=arn, SortOrder="Ascending")]

    def _describe(self, run: str, arn: str) -> Execution | None:
        (found,) = self.describe([Listed(run, arn)])
        return found

    def _execution(
        self, run: str, arn: str, described: Mapping[str, Any] | None, first: Mapping[str, Any]
    ) -> Execution | None:
        """``first`` is the first page of its parameters."""
        if described is None:
            return None
        listed = self._listed_parameters(arn, first)
        status = STATUSES[described["PipelineExecutionStatus"]]
        error, answer = "", None
        if status == "failed":
            broken = next((one for one in self._read_steps(arn) if one["StepStatus"] == "Failed"), {})
            error = broken.get("FailureReason") or described.get("FailureReason", "")
            answer = find_answer(broken)
            if _is_refusal(broken):
                status = "refused"
            elif _has(broken, "Callback"):
                status = _ENDS[status_of_failure(broken)]
            elif TIME_LIMIT.search(error):
                status = "timed-out"
        return Execution(
            run=run,
            handle=arn,
            status=status,
            started=described["CreationTime"],
            ended=described.get("LastModifiedTime") if status != "running" else None,
            code=listed.get("code-sha", ""),
            parameters=self._parameters(listed),
            origins=self._origins(arn) if any("cache" in step.facts for step in self.pipeline.steps) else {},
            error=str(answer or error),
            answer=answer,
        )

    def _listed_parameters(self, arn: str, page: Mapping[str, Any]) -> dict[str, str]:
        found = [*page.get("PipelineParameters", ())]
        if page.get("NextToken"):
            with calling("sagemaker:ListPipelineParametersForExecution", arn):
                call = self._client.list_pipeline_parameters_for_execution
                found = [*pages(call, "PipelineParameters", PipelineExecutionArn=arn)]
        return {one["Name"]: one["Value"] for one in found}

    def _origins(self, arn: str) -> dict[str, str]:
        """Step to the run before whose work it took over."""
        hits = {one["StepName"]: one["CacheHitResult"] for one in self._read_steps(arn) if "CacheHitResult" in one}
        return {name: self._run_of(hit["SourcePipelineExecutionArn"]) for name, hit in hits.items()}

    @functools.cache  # noqa: B019 - a runner lives for one command
    def _run_of(self, arn: str) -> str:
        """The run that an execution is; empty for one that nobody started through us."""
        with calling("sagemaker:DescribePipelineExecution", arn):
            described = self._client.describe_pipeline_execution(PipelineExecutionArn=arn)
        return find_run_id(self.stack, described.get("PipelineExecutionDisplayName", "")) or ""

    def _parameters(self, listed: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, parameter in self.pipeline.parameters.items():
            if parameter.type == "strings":
                start = f"{name}--"
                found[name] = {key.removeprefix(start): text for key, text in listed.items() if key.startswith(start)}
            elif name in listed:
                found[name] = read_json(listed[name]) if parameter.type == "number" else listed[name]
        bounds = {name: read_json(value) for name, value in listed.items() if name.startswith(SLOT)}
        return {**hyperparameters.written(found), **bounds}


def _of(step: Step, natives: Sequence[Native]) -> list[Native]:
    """Its native steps; the condition around it says nothing of it, unless it could not decide."""
    own = [one for one in natives if one["StepName"].partition("--")[0] == step.name]
    return [one for one in own if not one["StepName"].endswith(GUARD) or one["StepStatus"] == "Failed"]


def _step(step: Step, own: list[Native], natives: Sequence[Native], *, over: bool) -> StepRun:
    """How far one of our steps is, by its native ones."""
    if not own:
        return StepRun(name=step.name, kind=step.kind, status="skipped" if over else "waiting")
    statuses = [STEP_STATUSES[one["StepStatus"]] for one in own]
    worst: tuple[StepStatus, ...] = ("failed", "stopped", "running")
    status: StepStatus = next((one for one in worst if one in statuses), "succeeded")
    broken = next((one for one in own if one["StepStatus"] == "Failed"), {})
    if _is_refusal(broken):
        status = "refused"
    elif _has(broken, "Callback"):
        status = status_of_failure(broken)
    elif any("CacheHitResult" in one for one in own):
        status = "reused"
    elif TIME_LIMIT.search(broken.get("FailureReason", "")):
        status = "timed-out"
    elif status == "succeeded" and not over and own[-1] is natives[-1] and _goes_on(own[-1]):
        status = "running"  # a wait, or the job itself, may follow
    ended = [one.get("EndTime") for one in own]
    return StepRun(
        name=step.name,
        kind=step.kind,
        status=status,
        started=own[0].get("StartTime"),
        ended=ended[-1] if status != "running" and all(ended) else None,
        job=_job(own) if "job" in step.facts and status != "reused" else None,
        job_kind=step.facts.get("job", ""),
        attempts=max(one.get("AttemptCount", 1) for one in own),
        reason=str(find_answer(broken) or broken.get("FailureReason", "")),
        answer=find_answer(own[0]),
        settings=step.facts.get("settings", ""),
    )


def _job(own: list[Native]) -> str | None:
    for one in own:
        for kind in ("ProcessingJob", "TrainingJob", "TransformJob", "TuningJob"):
            if _has(one, kind):
                return str(one["Metadata"][kind]["Arn"]).rsplit("/", 1)[-1]
        if _has(one, "EMRServerless"):
            told = one["Metadata"]["EMRServerless"]
            return f"{told['ApplicationId']}/{told['JobRunId']}"
    return None


def _goes_on(native: Native) -> bool:
    return _has(native, "Lambda") or _has(native, "Model")


def _has(native: Native, kind: str) -> bool:
    return kind in native.get("Metadata", {})


def _is_refusal(native: Native) -> bool:
    """A gate's own Fail step: every call went well, and the metric missed its bound."""
    return _has(native, "Fail")
