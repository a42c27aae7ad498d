"""One execution: a thread for what is next, and one for each step that runs."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mlops_iac.cloud.interpreters.sagemaker_pipelines import caching, definition
from mlops_iac.cloud.interpreters.sagemaker_pipelines.retries import Retries
from mlops_iac.cloud.interpreters.sagemaker_pipelines.steps import KINDS, Step, StepFailed, StepStopped, Work
from mlops_iac.cloud.interpreters.sagemaker_pipelines.values import Unresolved
from mlops_iac.cloud.jobs.records import now
from mlops_iac.cloud.patience import wait_by_clock

log = logging.getLogger("mlops_iac.cloud")

FAILED: Final = "Step failure: One or multiple steps failed."
"""SageMaker's words for an execution whose step failed; the step has the reason."""


class Execution:
    """Runs a definition's steps, and writes down how far they are."""

    def __init__(
        self,
        document: Mapping[str, Any],
        write: Callable[[list[dict[str, Any]]], None],
        told: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """``told`` is what an earlier attempt wrote down: what succeeded then is not done again."""
        self._waiting: dict[str, Step] = {step["Name"]: step for step in document["Steps"]}
        self._running: set[str] = set()
        self._done: set[str] = set()
        self._told: dict[str, dict[str, Any]] = {
            step["StepName"]: dict(step) for step in told if step["StepStatus"] == "Succeeded"
        }
        self._failed = False
        self._write = write
        self._lock = threading.Lock()
        self._ended: queue.Queue[tuple[str, str, str]] = queue.Queue()
        self.stopped = threading.Event()

    def run(self, work: Work) -> str:
        """Until it is over; answers SageMaker's status."""
        self._recall(work)
        while True:
            self._start_ready(work)
            if not self._running:
                break
            name, status, reason = self._ended.get()
            self._settle(name, status, reason)
        if self._failed:
            return "Failed"
        return "Stopped" if self.stopped.is_set() else "Succeeded"

    def tell(self, name: str, metadata: dict[str, Any]) -> None:
        self._change(name, Metadata=metadata)

    def choose(self, step: Step, outcome: bool) -> None:
        """The steps of one branch join those that wait."""
        chosen = step["Arguments"].get("IfSteps" if outcome else "ElseSteps", ())
        with self._lock:
            self._waiting |= {inner["Name"]: inner for inner in chosen}

    def _recall(self, work: Work) -> None:
        """Take what succeeded before as done; a condition's choice brings its steps with it."""
        while known := [step for step in self._waiting.values() if step["Name"] in self._told]:
            for step in known:
                del self._waiting[step["Name"]]
                recall = KINDS[step["Type"]].recall
                assert recall is not None
                recall(step, self._told[step["Name"]]["Metadata"], work)
                self._done.add(step["Name"])

    def _start_ready(self, work: Work) -> None:
        if self._failed or self.stopped.is_set():
            return
        with self._lock:
            ready = [step for step in self._waiting.values() if definition.needs(step) <= self._done]
            for step in ready:
                del self._waiting[step["Name"]]
        for step in ready:
            self._running.add(step["Name"])
            self._change(step["Name"], StartTime=now(), StepStatus="Executing", AttemptCount=1)
            threading.Thread(target=self._step, args=(step, work), name=f"step {step['Name']}", daemon=True).start()

    def _step(self, step: Step, work: Work) -> None:
        status, reason = "Failed", ""
        try:
            self._try(step, work)
            status = "Succeeded"
        except StepStopped:
            status = "Stopped"
        except (StepFailed, Unresolved) as failure:
            reason = str(failure)
        except Exception as error:
            log.exception("Step %s met an error of the embedded cloud.", step["Name"])
            reason = f"InternalServerError: The embedded cloud met an error: {type(error).__name__}: {error}"
        self._ended.put((step["Name"], status, reason))

    def _try(self, step: Step, work: Work) -> None:
        """Take over what a run before made, or do a step, and again as its policies say."""
        if caching.is_cached(step):
            known = work.cache.find(step, work)
            if known is not None:
                self._change(step["Name"], CacheHitResult={"SourcePipelineExecutionArn": known["execution"]})
                return self._take(step, known["metadata"], work)
        self._do(step, work)
        if caching.is_cached(step):
            work.cache.keep(step, self._told[step["Name"]]["Metadata"], work)
        return None

    def _take(self, step: Step, metadata: dict[str, Any], work: Work) -> None:
        recall = KINDS[step["Type"]].recall
        assert recall is not None
        self.tell(step["Name"], metadata)
        recall(step, metadata, work)

    def _do(self, step: Step, work: Work) -> None:
        policies, attempt, began = Retries(step.get("RetryPolicies", ())), 1, time.time()
        while True:
            try:
                return KINDS[step["Type"]].run(step, work)
            except StepFailed as failure:
                wait = policies.wait_after(failure.exception, (time.time() - began) / 60)
                if wait is None:
                    raise
            wait_by_clock(wait, self.stopped.is_set)
            if self.stopped.is_set():
                raise StepStopped
            attempt += 1
            self._change(step["Name"], AttemptCount=attempt)

    def _settle(self, name: str, status: str, reason: str) -> None:
        """A step is over. When one fails those beside it are stopped, and no other starts."""
        self._running.discard(name)
        if status == "Succeeded":
            self._done.add(name)
        elif status == "Failed":
            self._failed = True
            self.stopped.set()
        said = {"FailureReason": reason[:1024]} if reason else {}
        self._change(name, EndTime=now(), StepStatus=status, **said)

    def _change(self, name: str, **values: Any) -> None:
        with self._lock:
            self._told.setdefault(name, {"StepName": name}).update(values)
            told = [dict(step) for step in self._told.values()]
        self._write(told)
