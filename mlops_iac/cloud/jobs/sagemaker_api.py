"""What all of SageMaker's jobs have in common: a record under a name, and the API that creates, lists and stops it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs import validation
from mlops_iac.cloud.jobs.host import Host
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.sagemaker_list import page
from mlops_iac.cloud.news import News

ENDED = ("Completed", "Failed", "Stopped")
CLOUD_STOPPED = "InternalServerError: The embedded cloud was stopped while this job ran. Run it again."


class JobsApi(ABC):
    """One kind of job. A subclass says how the request becomes a description, what to check, and how it lives."""

    noun: ClassVar[str]
    """``TrainingJob``: the word in operations and members."""
    kind: ClassVar[str]
    """``training-job``: the word in ARNs."""
    summary: ClassVar[tuple[str, ...]] = ()
    """Members that a list shows besides name, ARN, status and times."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._closed = False

    # The API ------------------------------------------------------------------------------------------------------

    def install(self) -> None:
        gateway, noun = self.host.gateway, self.noun
        gateway.instead("sagemaker", f"Create{noun}", self.create)
        gateway.instead("sagemaker", f"Describe{noun}", self.describe)
        gateway.instead("sagemaker", f"List{noun}s", self.list_jobs)
        gateway.instead("sagemaker", f"Stop{noun}", self.stop)
        gateway.on_restore(self.settle)
        gateway.on_stop(self.close)
        gateway.on_reset(self.kill_all)

    def create(self, call: Call, **members: Any) -> dict[str, Any]:
        """``members`` are added to what is described."""
        validation.check(call)
        name = call.params[f"{self.noun}Name"]
        key = (self.kind, call.account_id, call.region, name)
        arn = call.arn("sagemaker", f"{self.kind}/{name}")
        words = self.noun.removesuffix("Job")
        taken = AwsError(
            "ResourceInUse",
            f"{words} job names must be unique within an AWS account and region, and a {words.lower()} job with this "
            f"name already exists ({arn})",
        )
        if self.host.records.find(key):
            raise taken
        self.check(call)
        if not self.host.records.add(key, self._first_record(call, arn) | members, arn, call.params.get("Tags")):
            raise taken
        self.begin(key)
        return {f"{self.noun}Arn": arn}

    def describe(self, call: Call) -> dict[str, Any]:
        return self.shown(*self._get(call))

    def list_jobs(self, call: Call) -> dict[str, Any]:
        every = self.host.records.each(self.kind, call.account_id, call.region, whole=False)
        found, token = page([record for _, record in every], call.params, self.noun)
        summaries = [{name: record[name] for name in self._shown if record.get(name) is not None} for record in found]
        return {f"{self.noun}Summaries": summaries, **({"NextToken": token} if token else {})}

    @property
    def _shown(self) -> tuple[str, ...]:
        """Members that a list shows."""
        own = (f"{self.noun}{member}" for member in ("Name", "Arn", "Status"))
        return (*own, "CreationTime", "LastModifiedTime", *self.summary)

    def stop(self, call: Call) -> dict[str, Any]:
        key, record = self._get(call)
        status = record[f"{self.noun}Status"]
        if status in ENDED:
            words = self.noun.removesuffix("Job").lower()
            raise AwsError(
                "ValidationException", f"The request was rejected because the {words} job is in status {status}."
            )
        self.host.records.change(key, **{f"{self.noun}Status": "Stopping", "LastModifiedTime": now()})
        self.moved(key, "Stopping")
        self.halt(key)
        return {}

    # What each kind says ------------------------------------------------------------------------------------------

    @abstractmethod
    def check(self, call: Call) -> None:
        """Refuse a request that AWS refuses at once; raises AwsError."""

    @abstractmethod
    def begin(self, key: Key) -> None:
        """Let a new job live; does not wait for it."""

    @abstractmethod
    def halt(self, key: Key) -> None:
        """Somebody asked a job to stop, and its status says so already."""

    @abstractmethod
    def kill_all(self) -> None:
        """End all at once and give them a moment to write down how they ended."""

    def described(self, call: Call) -> dict[str, Any]:
        """The first description: what was asked, plus what AWS fills in."""
        return {name: value for name, value in call.params.items() if name != "Tags"}

    def shown(self, key: Key, record: dict[str, Any]) -> dict[str, Any]:
        """The description, from the record."""
        return record

    def moved(self, key: Key, status: str, message: str = "") -> None:  # noqa: B027 - only training jobs tell more
        """Called when the job enters a phase; training jobs tell a finer story than the others."""

    # Its record ---------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """After a restart of the cloud: what was running is not any more."""
        for key in self.host.records.living(self.kind):
            record = self.host.records.find(key)
            if record and record[f"{self.noun}Status"] not in ENDED:
                self._finish(key, "Failed", CLOUD_STOPPED)
            self.host.records.put_away(key, self._shown)

    def close(self) -> None:
        """The cloud is stopping: a job that starts from now on ends at once."""
        self._closed = True
        self.kill_all()

    def _finish(self, key: Key, status: str, reason: str = "", found: Mapping[str, Any] | None = None) -> None:
        self.moved(key, status, reason)
        values = {f"{self.noun}Status": status, "LastModifiedTime": now(), **self.ended(key)}
        if reason:
            values["FailureReason"] = reason[:1024]
        # All at once: who sees the last status sees everything else too. What the work found may correct the status.
        self.host.records.change(key, **(values | dict(found or {})))
        self._tell(key)
        self.host.records.put_away(key, self._shown)

    def _tell(self, key: Key) -> None:
        """Let those who publish metrics and events know how the job stands."""
        record = self.host.records.find(key)
        if record is not None:
            news = News(kind="job", account_id=key[1], region=key[2], facts=self.shown(key, record))
            self.host.gateway.tell_news(news)

    def ended(self, key: Key) -> dict[str, Any]:
        """Members that every end sets."""
        return {}

    def _first_record(self, call: Call, arn: str) -> dict[str, Any]:
        created = now()
        times = {"CreationTime": created, "LastModifiedTime": created}
        return {**self.described(call), f"{self.noun}Arn": arn, f"{self.noun}Status": "InProgress", **times}

    def _get(self, call: Call) -> tuple[Key, dict[str, Any]]:
        name = call.params.get(f"{self.noun}Name", "")
        key = (self.kind, call.account_id, call.region, name)
        record = self.host.records.find(key)
        if record is None:
            raise AwsError("ValidationException", "Requested resource not found.")
        return key, record
