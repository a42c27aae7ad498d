"""Callback steps: a token in somebody's queue, and the API by which it is answered, once.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html (Callback step)
"""

from __future__ import annotations

import json
import secrets
import string
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.interpreters.sagemaker_pipelines.steps import LISTEN, Step, StepFailed, StepStopped, Work, call
from mlops_iac.cloud.wire import AwsError, Call

if TYPE_CHECKING:
    from mlops_iac.cloud.iam.enforcer import Enforcer

LONGEST: Final = 7 * 24 * 3600.0
"""Seconds until a callback that nobody answers fails."""

TOKEN_LENGTH: Final = 10
LATE: Final = "ClientError: Callback timed out: no answer came within 7 days."


@dataclass
class Waiting:
    """One step that waits."""

    execution: str
    """The execution's ARN."""
    outputs: frozenset[str]
    """What it declares to answer."""
    answered: threading.Event = field(default_factory=threading.Event)
    made: Mapping[str, str] = field(default_factory=dict)
    failure: str | None = None


class Callbacks:
    """The tokens that are open, of all executions."""

    def __init__(self, iam: Enforcer, now: Callable[[], float] = time.monotonic) -> None:
        self._iam = iam
        self._open: dict[str, Waiting] = {}
        self._lock = threading.Lock()
        self._now = now

    def run(self, step: Step, work: Work) -> None:
        """Put the token into the queue, and wait."""
        token = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(TOKEN_LENGTH))
        outputs = frozenset(one["OutputName"] for one in step.get("OutputParameters", ()))
        waiting = self._open[token] = Waiting(work.values.execution["PipelineExecutionArn"], outputs)
        metadata = {"CallbackToken": token, "SqsQueueUrl": step["SqsQueueUrl"], "OutputParameters": []}
        work.tell(step["Name"], {"Callback": metadata})
        try:
            body = {"token": token, "arguments": work.values.settle(step.get("Arguments", {}))}
            send = work.client("sqs").send_message
            call(send, QueueUrl=step["SqsQueueUrl"], MessageBody=json.dumps(body))
            self._wait(waiting, work)
        finally:
            with self._lock:
                self._open.pop(token, None)
        told = [{"Name": name, "Value": value} for name, value in waiting.made.items()]
        work.tell(step["Name"], {"Callback": {**metadata, "OutputParameters": told}})
        if waiting.failure is not None:
            raise StepFailed(waiting.failure)
        work.values.steps[step["Name"]] = {"OutputParameters": dict(waiting.made)}

    def _wait(self, waiting: Waiting, work: Work) -> None:
        until = self._now() + LONGEST
        while not waiting.answered.wait(LISTEN):
            if work.stopped.is_set():
                raise StepStopped
            if self._now() > until:
                raise StepFailed(LATE)

    def succeed(self, call: Call) -> dict[str, Any]:
        made = {one["Name"]: one["Value"] for one in call.params.get("OutputParameters", ())}
        return self._answer(call, made, None)

    def fail(self, call: Call) -> dict[str, Any]:
        return self._answer(call, {}, call.params.get("FailureReason") or "The callback reported a failure.")

    def _answer(self, call: Call, made: Mapping[str, str], failure: str | None) -> dict[str, Any]:
        with self._lock:
            waiting = self._open.get(str(call.params.get("CallbackToken")))
            if waiting is None:
                raise AwsError("ResourceNotFound", "The callback token does not exist or is not open any more.")
            self._iam.demand_of(call, f"sagemaker:{call.operation}", [waiting.execution])
            strange = sorted(made.keys() - waiting.outputs)
            if strange:
                raise AwsError("ValidationException", f"Output parameters {strange} are not declared in the step.")
            if waiting.answered.is_set():
                raise AwsError("ConflictException", "The callback has already been answered.")
            waiting.made, waiting.failure = made, failure
            waiting.answered.set()
        return {"PipelineExecutionArn": waiting.execution}
