"""The API of tuning jobs. Their trials are training jobs like any other: they wait for the same slots, and run."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs.host import Host, check_role
from mlops_iac.cloud.jobs.process import KILL_TIMEOUT, wait_until
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.sagemaker_api import CLOUD_STOPPED, ENDED, JobsApi
from mlops_iac.cloud.jobs.sagemaker_list import page
from mlops_iac.cloud.jobs.sagemaker_training import TrainingJobs
from mlops_iac.cloud.jobs.tuning.request import Asked, check
from mlops_iac.cloud.jobs.tuning.search.space import Values
from mlops_iac.cloud.jobs.tuning.tuner import Tuner
from mlops_iac.cloud.news import News

log = logging.getLogger("mlops_iac.cloud.jobs")

TRIALS: Final = "Trials"
"""Member of our record: trial to its tuned hyperparameters, and its objective's value."""
HIDDEN: Final = (TRIALS, "Strategy", "ResourceLimits", "Tags")
"""Members of our record that no description shows."""
VALUE: Final = "FinalObjectiveMetricValue"
FINAL: Final = "FinalHyperParameterTuningJobObjectiveMetric"


class TuningJobs(JobsApi):
    noun: ClassVar[str] = "HyperParameterTuningJob"
    kind: ClassVar[str] = "hyper-parameter-tuning-job"
    summary: ClassVar[tuple[str, ...]] = (
        "Strategy",
        "HyperParameterTuningEndTime",
        "TrainingJobStatusCounters",
        "ObjectiveStatusCounters",
        "ResourceLimits",
    )

    def __init__(self, host: Host, training: TrainingJobs) -> None:
        super().__init__(host)
        self.training = training
        self._tuners: dict[Key, Tuner] = {}

    # The API ------------------------------------------------------------------------------------------------------

    def install(self) -> None:
        super().install()
        gateway = self.host.gateway
        gateway.instead("sagemaker", "ListTrainingJobsForHyperParameterTuningJob", self.list_trials)
        gateway.instead("sagemaker", "DeleteHyperParameterTuningJob", self.delete)
        gateway.on_news(self._hear)

    def check(self, call: Call) -> None:
        asked = check(call)
        check_role(self.host, asked.definition["RoleArn"])
        for name in asked.parents:
            self._check_parent(name, self.host.records.find((self.kind, call.account_id, call.region, name)))
        self.training.check(_training_call(call.account_id, call.region, asked.trial(1, {})))

    def _check_parent(self, name: str, parent: Mapping[str, Any] | None) -> None:
        if parent is None:
            raise AwsError("ValidationException", f"The parent hyperparameter tuning job {name} does not exist.")
        if parent["HyperParameterTuningJobStatus"] not in ENDED:
            raise AwsError("ValidationException", f"The parent hyperparameter tuning job {name} has not ended yet.")

    def described(self, call: Call) -> dict[str, Any]:
        config = call.params["HyperParameterTuningJobConfig"]
        counters = {"Completed": 0, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}
        return {
            **super().described(call),
            "TrainingJobStatusCounters": counters,
            "ObjectiveStatusCounters": {"Succeeded": 0, "Pending": 0, "Failed": 0},
            "Strategy": config["Strategy"],
            "ResourceLimits": config["ResourceLimits"],
            "Tags": call.params.get("Tags", []),
            TRIALS: {},
        }

    def shown(self, key: Key, record: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in record.items() if name not in HIDDEN}
        best = self._best(key, record)
        return {**shown, **({"BestTrainingJob": best} if best else {})}

    def list_trials(self, call: Call) -> dict[str, Any]:
        key, record = self._get(call)
        asked = {"SortBy": "Name", "SortOrder": "Ascending", **call.params}
        every = [self._summary(key, record, name) for name in record[TRIALS]]
        if asked["SortBy"] == VALUE:
            every = [one for one in every if FINAL in one]
        found, token = page(every, asked, "TrainingJob", {VALUE: lambda one: one[FINAL]["Value"]})
        return {"TrainingJobSummaries": found, **({"NextToken": token} if token else {})}

    def delete(self, call: Call) -> dict[str, Any]:
        """Its training jobs stay: SageMaker has no way to delete those."""
        key, record = self._get(call)
        if record["HyperParameterTuningJobStatus"] not in ENDED:
            raise AwsError("ValidationException", "Only a tuning job that has ended can be deleted.")
        self.host.records.remove(key)
        return {}

    # Its life -----------------------------------------------------------------------------------------------------

    def begin(self, key: Key) -> None:
        threading.Thread(target=self._live, args=(key,), name=f"tuning {key[3]}", daemon=True).start()

    def halt(self, key: Key) -> None:
        tuner = self._tuners.get(key)
        if tuner:
            tuner.stop()

    def kill_all(self) -> None:
        for tuner in [*self._tuners.values()]:
            tuner.kill()
        wait_until(lambda: not self._tuners, timeout=KILL_TIMEOUT)

    def ended(self, key: Key) -> dict[str, Any]:
        return {"HyperParameterTuningEndTime": now()}

    def _live(self, key: Key) -> None:
        record = self.host.records.find(key)
        if record is None:
            return
        status, reason = "Failed", CLOUD_STOPPED
        try:
            asked = Asked(record)
            tuner = self._tuners[key] = Tuner(asked, _Trials(self, key, record), [*self._known(key, asked)])
            if record["HyperParameterTuningJobStatus"] == "Stopping":
                tuner.stop()
            if not self._closed:
                status, reason = tuner.run()
        except Exception as error:
            log.exception("Tuning job %s met an error of the embedded cloud.", key[3])
            reason = f"InternalServerError: The embedded cloud met an error: {type(error).__name__}: {error}"
        finally:
            self._finish(key, status, reason or (CLOUD_STOPPED if status == "Failed" else ""))
            self._tuners.pop(key, None)

    def _known(self, key: Key, asked: Asked) -> Iterator[tuple[Values, float]]:
        """What the parents' trials found, of which more is better by this job's objective."""
        for name in asked.parents:
            parent = self.host.records.find((*key[:3], name)) or {}
            for trial in parent.get(TRIALS, {}).values():
                if "Value" in trial:
                    yield trial["TunedHyperParameters"], trial["Value"] * asked.sign

    def _hear(self, news: News) -> None:
        """A training job has ended: the tuner that started it looks."""
        arn = news.facts.get("TuningJobArn") if news.kind == "job" else None
        if arn:
            tuner = self._tuners.get((self.kind, news.account_id, news.region, arn.rsplit("/", 1)[-1]))
            if tuner:
                tuner.wake()

    # Its trials ---------------------------------------------------------------------------------------------------

    def _best(self, key: Key, record: Mapping[str, Any]) -> dict[str, Any] | None:
        values = {name: trial["Value"] for name, trial in record[TRIALS].items() if "Value" in trial}
        if not values:
            return None
        sign = Asked(record).sign
        return self._summary(key, record, max(values, key=lambda name: values[name] * sign))

    def _summary(self, key: Key, record: Mapping[str, Any], name: str) -> dict[str, Any]:
        """``HyperParameterTrainingJobSummary``."""
        job = self.host.records.find((TrainingJobs.kind, key[1], key[2], name)) or {}
        trial, objective = record[TRIALS][name], Asked(record).objective
        members = ("CreationTime", "FailureReason", "LastModifiedTime", "TrainingEndTime", "TrainingStartTime")
        found = {
            "TrainingJobName": name,
            "TrainingJobArn": job.get("TrainingJobArn", ""),
            "TrainingJobStatus": job.get("TrainingJobStatus", "InProgress"),
            "CreationTime": record["CreationTime"],
            "LastModifiedTime": record["CreationTime"],
            "TunedHyperParameters": trial["TunedHyperParameters"],
            **{member: job[member] for member in members if member in job},
        }
        if "Value" in trial:
            final = {**objective, "Value": trial["Value"]}
            return {**found, FINAL: final, "ObjectiveStatus": "Succeeded"}
        return {**found, "ObjectiveStatus": "Failed" if found["TrainingJobStatus"] in ENDED else "Pending"}


class _Trials:
    """The training jobs of one tuning job."""

    def __init__(self, jobs: TuningJobs, key: Key, record: Mapping[str, Any]) -> None:
        self._jobs, self._key = jobs, key
        self._arn, self._tags = record["HyperParameterTuningJobArn"], record["Tags"]
        self._metric = Asked(record).objective["MetricName"]
        self._trials: dict[str, dict[str, Any]] = {}

    def start(self, request: Mapping[str, Any], values: Values, on_value: Callable[[float], None]) -> None:
        name: str = request["TrainingJobName"]
        key = self._job(name)
        self._trials[name] = {"TunedHyperParameters": dict(values)}
        self._jobs.training.listeners[key] = lambda metric, value: on_value(value) if metric == self._metric else None
        self._write()
        self._jobs.training.create(self._call({**request, "Tags": self._tags}), TuningJobArn=self._arn)

    def read(self, name: str) -> Mapping[str, Any]:
        return self._jobs.host.records.find(self._job(name)) or {"TrainingJobStatus": "Failed", "TrainingJobName": name}

    def stop(self, name: str) -> None:
        with contextlib.suppress(AwsError):  # it has ended, or is stopping
            self._jobs.training.stop(self._call({"TrainingJobName": name}))

    def tell(self, counters: Mapping[str, Any], values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._trials[name]["Value"] = value
        self._write(**counters)

    def _write(self, **more: Any) -> None:
        trials = {name: dict(trial) for name, trial in self._trials.items()}
        self._jobs.host.records.change(self._key, **{TRIALS: trials}, **more)

    def _job(self, name: str) -> Key:
        return (TrainingJobs.kind, self._key[1], self._key[2], name)

    def _call(self, params: dict[str, Any]) -> Call:
        return _training_call(self._key[1], self._key[2], params)


def _training_call(account: str, region: str, params: dict[str, Any]) -> Call:
    return Call(service="sagemaker", operation="CreateTrainingJob", params=params, account_id=account, region=region)
