"""Start, list, read and stop runs of a flow: executions of the state machine that Metaflow makes of it.

Metaflow's id of a run is ``sfn-`` and the execution's name, so `mlops-iac run` and Metaflow's client speak of the same
run: ``sfn-<stack>-<run>``. Runs that a schedule or `step-functions trigger` started have names of their own; Metaflow's
client knows them, and `destroy` stops them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_iac.clients import Clients
from mlops_iac.core.approvals import Answer
from mlops_iac.core.environment import Environment, Pipeline
from mlops_iac.core.errors import UsageError
from mlops_iac.runs.calls import calling, missing_is_nothing
from mlops_iac.runs.names import execution_name
from mlops_iac.runs.runners.execution import Execution, History, Order, TakeOver
from mlops_iac.runs.runners.metaflow.deploying import deploy
from mlops_iac.runs.runners.metaflow.metadata import pull
from mlops_iac.runs.runners.metaflow.removing import remove
from mlops_iac.runs.runners.metaflow.story import Story
from mlops_iac.runs.runners.step_functions.runner import Runner as StateMachines

LONGEST_INPUT = 20_480
"""Bytes of the parameters: what Metaflow leaves for them of Batch's 30 KiB for a job."""


class Runner(StateMachines):
    """One flow."""

    def __init__(self, environment: Environment, pipeline: Pipeline, clients: Clients) -> None:
        super().__init__(environment, pipeline, clients)
        self._environment = environment

    def check(self, order: Order) -> None:
        if len(_input(order).encode()) > LONGEST_INPUT:
            detail = f"Together they have more than {LONGEST_INPUT:,} bytes as JSON, which is what Batch has room for."
            raise UsageError("Parameters are too long.", detail, hint="put long ones into a file of the lake.")

    def start(self, order: Order) -> Execution:
        """Deploy the flow as it was packed, and start it."""
        deploy(self._environment, self.pipeline, self._clients, order.code_uri)
        with calling("stepfunctions:StartExecution", self.pipeline.name):
            answer = self._client.start_execution(
                stateMachineArn=self.pipeline.handle, name=execution_name(self.stack, order.run), input=_input(order)
            )
        return Execution(
            run=order.run,
            handle=answer["executionArn"],
            status="running",
            started=answer.get("startDate") or datetime.now(UTC),
            code=order.code_sha,
            parameters=order.parameters,
        )

    def read_history(self, execution: Execution) -> History:
        story = Story(self.pipeline)
        story.read(self._read_events(execution.handle))
        if execution.status != "running":
            story.end(execution.status, execution.ended, execution.error)
        return History(steps=story.steps)

    def answer(self, token: str, answer: Answer) -> None:
        raise UsageError("A flow asks nobody.", f"`{self.pipeline.name}` is a flow, which has no approvals.")

    def retry(self, execution: Execution, step: str, order: Order, take_over: TakeOver) -> Execution:
        detail = f"`{self.pipeline.name}` is a flow; what Metaflow deploys begins at its first step."
        hint = f"run it again, or `python {self.pipeline.scripts['start']} resume --origin-run-id ID` on this machine."
        raise UsageError("A flow cannot be begun in the middle.", detail, hint=hint)

    def undeploy(self) -> int:
        """State machines, schedules and job definitions that Metaflow made."""
        return remove(self._environment, self._clients)

    def pull(self, execution: Execution, folder: Path) -> int:
        """Bring what is known of a run's tasks to where Metaflow's client looks for it; answers how many."""
        bucket = self._environment.get_store(self.pipeline.store).bucket
        code = f"s3://{bucket}/{self.pipeline.code_prefix}{execution.code}/"
        name = execution_name(self.stack, execution.run)
        return pull(self._environment, self.pipeline, self._clients, code, name, folder)

    def _list(self, **only: Any) -> Iterator[tuple[str, str]]:
        """None before the flow was deployed."""
        with missing_is_nothing():
            yield from super()._list(**only)


def _input(order: Order) -> str:
    """``Parameters`` is what Metaflow reads; the rest is for `runs`. A default that only the flow knows stays out."""
    given = {name: value for name, value in order.parameters.items() if value is not None}
    document = {
        "Parameters": json.dumps(given),
        "run": order.run,
        "code": {"uri": order.code_uri, "sha": order.code_sha},
        "parameters": given,
    }
    return json.dumps(document)
