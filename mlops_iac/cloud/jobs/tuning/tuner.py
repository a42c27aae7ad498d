"""The life of one tuning job: start trials, hear how they end, choose the next, and know when it is enough."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from mlops_iac.cloud.gateway import AwsError
from mlops_iac.cloud.jobs.sagemaker_api import ENDED
from mlops_iac.cloud.jobs.tuning.request import Asked
from mlops_iac.cloud.jobs.tuning.search.space import Values

ENOUGH: Final = 5
"""After so many trials without a result SageMaker gives a tuning job up."""
_LISTEN: Final = 30.0
"""Seconds after which a tuner looks at its trials though nobody told it to."""


class Trials(Protocol):
    """The training jobs of one tuning job, as its tuner sees them."""

    def start(self, request: Mapping[str, Any], values: Values, on_value: Callable[[float], None]) -> None:
        """Start one; ``on_value`` is told each value of its objective as it is logged. Raises AwsError when refused."""

    def read(self, name: str) -> Mapping[str, Any]:
        """How one is described."""

    def stop(self, name: str) -> None:
        """Ask one to stop; one that has ended stays as it is."""

    def tell(self, counters: Mapping[str, Any], values: Mapping[str, float]) -> None:
        """Write down how many there are of each kind, and the objective of those that have one."""


class Tuner:
    """Runs in a thread of its own; `wake` when a trial has changed."""

    def __init__(self, asked: Asked, trials: Trials, known: Sequence[tuple[Values, float]] = ()) -> None:
        """``known``: what parents have tried, with its objective, of which more is better."""
        self._asked, self._trials = asked, trials
        self._strategy, self._stopper = asked.strategy, asked.stopper
        self._known = [(values, value) for values, value in known if asked.space.holds(values)]
        for values, _ in self._known if asked.goes_on else ():
            self._strategy.skip(values)
        self._going: dict[str, Values] = {}
        self._tried: dict[str, Values] = {}
        self._ended: dict[str, Mapping[str, Any]] = {}
        self._values: dict[str, float] = {}
        """Trial to its objective, of which more is better."""
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._changed = threading.Event()
        self._lock = threading.Lock()

    def wake(self) -> None:
        self._changed.set()

    def stop(self) -> None:
        """Somebody asked for it."""
        self._stopping.set()
        self.wake()

    def kill(self) -> None:
        """The cloud is stopping: trials end by themselves."""
        self._over.set()
        self.wake()

    def run(self) -> tuple[str, str]:
        """Until it is over; answers status and reason."""
        fault, more = "", True
        while not self._over.is_set():
            self._changed.clear()
            self._look()
            fault = fault or self._fault()
            more = more and not fault and not self._stopping.is_set() and not self._is_enough()
            try:
                more = more and self._start_trials()
            except AwsError as error:  # its data or its role went away
                fault, more = f"ClientError: {error.message}", False
            if not more and (fault or self._stopping.is_set()):
                self._stop_trials()
            self._tell()
            if not self._going:
                return self._end(fault)
            self._changed.wait(_LISTEN)
        return "Failed", ""

    def _end(self, fault: str) -> tuple[str, str]:
        if self._stopping.is_set():
            return "Stopped", ""
        fault = fault or self._fault(at_the_end=True)
        return ("Failed", fault) if fault else ("Completed", "")

    def _look(self) -> None:
        """See which trials have ended, and how."""
        for name in [*self._going]:
            found = self._trials.read(name)
            if found["TrainingJobStatus"] in ENDED:
                del self._going[name]
                self._ended[name] = found
                value = objective_of(found, self._asked.objective["MetricName"])
                if value is not None and found["TrainingJobStatus"] != "Failed":
                    self._values[name] = value * self._asked.sign

    def _start_trials(self) -> bool:
        """As many as may run at a time; False when there is none left to start."""
        while len(self._going) < self._asked.parallel:
            if len(self._tried) >= self._asked.most_jobs:
                return False
            done = [(self._tried[name], value) for name, value in self._values.items()]
            values = self._strategy.next([*self._known, *done], [*self._going.values()])
            if values is None:
                return False
            self._start(values)
        return True

    def _start(self, values: Values) -> None:
        request = self._asked.trial(len(self._tried) + 1, values)
        name = request["TrainingJobName"]
        self._trials.start(request, values, lambda value: self._see(name, value))
        self._going[name] = self._tried[name] = values

    def _see(self, name: str, value: float) -> None:
        """A trial logged its objective; called in a thread of the trial."""
        with self._lock:
            hopeless = self._stopper.sees(name, value * self._asked.sign)
        if hopeless:
            self._trials.stop(name)

    def _stop_trials(self) -> None:
        for name in self._going:
            self._trials.stop(name)

    def _is_enough(self) -> bool:
        """Whether a criterion is met by which the tuning job completes early."""
        criteria = self._asked.criteria
        target = criteria.get("TargetObjectiveMetricValue")
        if target is not None and any(value >= target * self._asked.sign for value in self._values.values()):
            return True
        patience = (criteria.get("BestObjectiveNotImproving") or {}).get("MaxNumberOfTrainingJobsNotImproving")
        if not patience or not self._values:
            return False
        values = [*self._values.values()]
        return len(values) - 1 - values.index(max(values)) >= patience

    def _fault(self, *, at_the_end: bool = False) -> str:
        """Why nothing will come of it, in SageMaker's words and one sentence more; empty while there is hope."""
        count = len(self._ended)
        if self._values or count == 0 or (count < ENOUGH and not at_the_end):
            return ""
        failed = [one for one in self._ended.values() if one["TrainingJobStatus"] == "Failed"]
        if len(failed) == count:
            first = failed[0]
            tried = f"No training job succeeded after {count} attempts." if count >= ENOUGH else ""
            said = tried or "All training jobs failed."
            return (
                f"{said} Please take a look at the training job failures to get more details. "
                f"{first['TrainingJobName']}: {first.get('FailureReason', '')}"
            )
        return (
            f"No objective metrics found after running {count} training jobs. Please ensure that the custom algorithm "
            "is emitting the objective metric as defined by the regular expression provided. "
            f"Nothing in their logs matches `{self._asked.regex}` of `{self._asked.objective['MetricName']}`."
        )

    def _tell(self) -> None:
        statuses = [one["TrainingJobStatus"] for one in self._ended.values()]
        counters = {
            "TrainingJobStatusCounters": {
                "Completed": statuses.count("Completed"),
                "InProgress": len(self._going),
                "RetryableError": 0,
                "NonRetryableError": statuses.count("Failed"),
                "Stopped": statuses.count("Stopped"),
            },
            "ObjectiveStatusCounters": {
                "Succeeded": len(self._values),
                "Pending": len(self._going),
                "Failed": len(self._ended) - len(self._values),
            },
        }
        self._trials.tell(counters, {name: value * self._asked.sign for name, value in self._values.items()})


def objective_of(job: Mapping[str, Any], metric: str) -> float | None:
    """A training job's last value of a metric."""
    found = (one["Value"] for one in job.get("FinalMetricDataList", ()) if one["MetricName"] == metric)
    return next(found, None)
