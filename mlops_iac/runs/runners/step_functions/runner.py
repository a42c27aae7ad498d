"""Start, list, read and stop executions. An execution is called ``<stack>-<run>``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.approvals import REJECTED, Answer
from mlops_iac.core.environment import MACHINES, Environment, Pipeline
from mlops_iac.core.errors import CloudError
from mlops_iac.pipelines import hyperparameters
from mlops_iac.runs.calls import calling, found_or_missing, is_missing
from mlops_iac.runs.names import execution_name, find_run_id, is_made_by_run
from mlops_iac.runs.pages import pages
from mlops_iac.runs.runners.execution import Execution, History, Listed, Order, TakeOver, nothing_to_pull
from mlops_iac.runs.runners.step_functions.resume import plan_resume
from mlops_iac.runs.runners.step_functions.story import (
    Event,
    Story,
    explain,
    find_in,
    parse,
    read_rejection,
    read_verdict,
    status_of,
)


class Runner:
    """One pipeline's state machine."""

    most_evaluation = 256 * 1024
    """What passes between two states: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
    started_by: tuple[str, str] | None = ("StartExecution", "name")
    takes_over = True

    def __init__(self, environment: Environment, pipeline: Pipeline, clients: Clients) -> None:
        self.stack, self.pipeline, self._clients = environment.stack, pipeline, clients

    def check(self, order: Order) -> None:
        """Anything goes: an execution's input is one JSON document."""

    def start(self, order: Order) -> Execution:
        return self._start(order)

    def retry(self, execution: Execution, step: str, order: Order, take_over: TakeOver) -> Execution:
        """A new execution of the order's run, which begins at the step and takes over what those before it made."""
        events = [*self._read_events(execution.handle)]
        with calling("stepfunctions:DescribeStateMachine", self.pipeline.name):
            described = self._client.describe_state_machine(stateMachineArn=self.pipeline.handle)
        resume = plan_resume(parse(described["definition"]) or {}, events, step, execution.reused)
        reused = tuple(one.name for one in self.pipeline.steps if one.name in resume.reused)
        take_over(reused)
        names = {**order.names, **{name: execution.names[name] for name in reused if name in execution.names}}
        given = {"run": execution.run, "at": resume.at, "steps": resume.steps, "reused": reused}
        return replace(self._start(replace(order, names=names), given), reused=reused)

    def _start(self, order: Order, resume: Mapping[str, Any] | None = None) -> Execution:
        # Imported here: the compilers load pydantic, and those who only read runs start none.
        from mlops_iac.pipelines.compile.step_functions.starting import start_request

        with calling("stepfunctions:StartExecution", self.pipeline.name):
            answer = self._client.start_execution(**start_request(self.stack, self.pipeline, order, resume).arguments)
        return Execution(
            run=order.run,
            handle=answer["executionArn"],
            status="running",
            started=answer.get("startDate") or datetime.now(UTC),
            code=order.code_sha,
            parameters=order.parameters,
            names=order.names,
        )

    def runs(self, *, running: bool = False) -> Iterator[Execution]:
        for run, arn in self._list(**({"statusFilter": "RUNNING"} if running else {})):
            found = self._describe(run, arn)
            if found is not None:
                yield found

    def listed(self, *, page: int = 100) -> Iterator[Listed]:
        return (Listed(run, arn) for run, arn in self._list(maxResults=min(page, 1000)))

    def describe(self, listed: Sequence[Listed]) -> list[Execution | None]:
        asked = [{"executionArn": one.handle} for one in listed]
        answers = self._clients.many("stepfunctions", "describe_execution", asked)
        found = (
            (one.run, found_or_missing(answer, "stepfunctions:DescribeExecution", one.run))
            for one, answer in zip(listed, answers, strict=True)
        )
        return [described and _execution(run, described) for run, described in found]

    def find(self, run: str) -> Execution | None:
        head, _, machine = self.pipeline.handle.partition(":stateMachine:")
        return self._describe(run, f"{head}:execution:{machine}:{execution_name(self.stack, run)}")

    def read_history(self, execution: Execution) -> History:
        story = Story(self.pipeline, execution.names, execution.reused, execution.origins)
        story.read(self._read_events(execution.handle))
        if execution.status != "running":
            story.end(execution.status, execution.ended, execution.error)
        return History(steps=tuple(story.steps.values()), model_package_arn=story.model_package_arn, left=story.left)

    def answer(self, token: str, answer: Answer) -> None:
        text = json.dumps(answer.told)
        if answer.approved:
            with calling("stepfunctions:SendTaskSuccess", self.pipeline.name):
                self._client.send_task_success(taskToken=token, output=text)
        else:
            with calling("stepfunctions:SendTaskFailure", self.pipeline.name):
                self._client.send_task_failure(taskToken=token, error=REJECTED, cause=text)

    def stop(self, execution: Execution, why: str) -> None:
        """Step Functions stops the job that it waits for; one of several nodes it only asks after."""
        followed = [step for step in self.read_history(execution).steps if self._has_nodes(step.name)]
        with calling("stepfunctions:StopExecution", execution.run):
            self._client.stop_execution(executionArn=execution.handle, error="Stopped", cause=why)
        for step in followed:
            if step.job and step.status == "running":
                with calling("batch:TerminateJob", step.name):
                    self._clients("batch").terminate_job(jobId=step.job, reason=why)

    def _has_nodes(self, name: str) -> bool:
        found = (step for step in self.pipeline.steps if step.name == name)
        return any("nodes" in one for step in found for one in step.facts.get(MACHINES, ()))

    def pull(self, execution: Execution, folder: Path) -> int:
        raise nothing_to_pull(self.pipeline)

    def undeploy(self) -> int:
        """What runs is a resource of the stack."""
        return 0

    def owns(self, name: str) -> bool:
        return is_made_by_run(self.stack, name)

    @property
    def _client(self) -> Any:
        return self._clients("stepfunctions")

    def _list(self, **only: Any) -> Iterator[tuple[str, str]]:
        """Runs and the ARNs of their executions, newest first."""
        with calling("stepfunctions:ListExecutions", self.pipeline.name):
            call = self._client.list_executions
            for item in pages(call, "executions", next_key="nextToken", stateMachineArn=self.pipeline.handle, **only):
                run = find_run_id(self.stack, item["name"])
                if run:
                    yield run, item["executionArn"]

    def _read_events(self, arn: str) -> Iterator[Event]:
        with calling("stepfunctions:GetExecutionHistory", arn):
            call = self._client.get_execution_history
            yield from pages(call, "events", next_key="nextToken", executionArn=arn, maxResults=1000)

    def _describe(self, run: str, arn: str) -> Execution | None:
        try:
            with calling("stepfunctions:DescribeExecution", run):
                return _execution(run, self._client.describe_execution(executionArn=arn))
        except CloudError as error:
            if is_missing(error):
                return None
            raise


def _execution(run: str, described: Mapping[str, Any]) -> Execution:
    given, status = parse(described.get("input")), status_of(described)
    names = find_in(given, "names") or {}
    runs, left = find_in(given, "reuse", "runs") or {}, find_in(given, "reuse", "left") or {}
    error, cause = described.get("error", ""), described.get("cause", "")
    verdict, answer = read_verdict(error, cause), read_rejection(error, cause)
    return Execution(
        run=run,
        handle=described["executionArn"],
        status=status,
        started=described["startDate"],
        ended=described.get("stopDate") if status != "running" else None,
        code=find_in(given, "code", "sha") or "",
        parameters=hyperparameters.written(find_in(given, "parameters") or {}),
        names=_written(names),
        reused=(*(find_in(given, "resume", "reused") or ()), *_written(left)),
        origins={step: origin for step, origin in _written(runs).items() if origin != run},
        error=str(verdict or answer or explain(error, cause)),
        answer=answer,
        verdict=verdict,
    )


def _written(by_step: Mapping[str, Any]) -> dict[str, Any]:
    """Steps as they are called: in paths their hyphens are underscores."""
    return {step.replace("_", "-"): value for step, value in by_step.items()}
