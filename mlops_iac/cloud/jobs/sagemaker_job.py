"""What SageMaker's training, processing and transform jobs have in common: the API, the life of a job, its end."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs import validation
from mlops_iac.cloud.jobs.enter import enter
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.cloud.jobs.failure import JobFailed, JobStopped
from mlops_iac.cloud.jobs.host import Host, claim
from mlops_iac.cloud.jobs.logs import LogStream
from mlops_iac.cloud.jobs.mounts import NO_MOUNTS, OPT_ML
from mlops_iac.cloud.jobs.process import KILL_TIMEOUT, End, Outcome, Process, wait_until
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.sagemaker_list import page
from mlops_iac.cloud.jobs.workspace import Workspace
from mlops_iac.cloud.news import News

log = logging.getLogger("mlops_iac.cloud.jobs")

ENDED = ("Completed", "Failed", "Stopped")
CLOUD_STOPPED = "InternalServerError: The embedded cloud was stopped while this job ran. Run it again."


class Run:
    """One job while it runs: its record, folder, log, process, and whether somebody asked it to stop."""

    def __init__(self, host: Host, key: Key, record: dict[str, Any], group: str, role: str) -> None:
        self.host, self.key, self.record = host, key, record
        _, self.account, self.region, self.name = key
        self.role = role
        self.clients = host.acting(role, self.region)
        """What the job does itself, it does in its role."""
        self._group = group
        self.workspace: Workspace = host.workspace()
        self.log = self._open_log(1)
        self.on_line: Callable[[str], None] = self.log.write
        self.killed = False
        """The cloud itself is stopping: there is nowhere to upload to."""
        self._stop = threading.Event()
        self._process: Process | None = None

    @property
    def s3(self) -> Any:
        return self.clients("s3")

    def claim(self, image: str, volume_key: str | None, vpc: object) -> None:
        """What SageMaker does in the role before the container starts; raises JobFailed."""
        claim(self.host, self.role, self.region, image=image, key=volume_key, vpc=bool(vpc))

    def next_host(self, number: int) -> None:
        """Become another instance of the same job: an empty folder and a log of its own."""
        self.log.close()
        self.workspace.remove()
        self.workspace, self.log = self.host.workspace(), self._open_log(number)
        self.on_line = self.log.write

    def _open_log(self, number: int) -> LogStream:
        stream = f"{self.name}/algo-{number}-{int(time.time())}"
        return self.host.log(self._group, stream, self.clients)

    def stop(self) -> None:
        """SIGTERM now, SIGKILL after two minutes; a job that has no process yet ends at its next step."""
        self._stop.set()
        process = self._process
        if process is not None and process.running:
            threading.Thread(target=process.stop, name="job stop", daemon=True).start()

    def kill(self) -> None:
        """End it at once: the cloud is stopping."""
        self.killed = True
        self._stop.set()
        if self._process is not None and self._process.running:
            self._process.stop(grace=0)

    def go_on(self) -> None:
        """Raise JobStopped when somebody asked for it."""
        if self._stop.is_set():
            raise JobStopped

    def execute(
        self,
        program: Sequence[str],
        environment: PythonEnvironment,
        variables: Mapping[str, str],
        *,
        folder: str,
        timeout: float | None,
    ) -> Outcome:
        """Run the job's command in its view until it ends; raises JobStopped, or JobFailed when it cannot start."""
        self.go_on()
        host, network = self.host, self.record.get("NetworkConfig", self.record)
        reach = host.reach(network, self.region, self.account)
        everything = host.variables(environment, self.workspace, self.region, self.account, self.role)
        everything |= dict(variables)
        self._process = enter(
            host.gateway, program, environment, self.workspace, reach, everything, self.on_line, folder=folder
        )
        try:
            self._process.start()
        except OSError as error:
            raise JobFailed(f"ClientError: The job could not be started: {error}") from error
        if self._stop.is_set():  # asked for between the check above and the start
            self.stop()
        outcome = self._process.wait(timeout)
        if outcome.end is End.STOPPED:
            raise JobStopped
        return outcome

    def explain(self, reason: str) -> str:
        """Add what this machine lacks to a failure that is probably due to it."""
        if not self.workspace.view.private and OPT_ML in reason:
            return f"{reason}\n{NO_MOUNTS}"
        return reason


class SageMakerJobs(ABC):
    """One kind of job. A subclass says how the request becomes a description, what to check, and what the work is."""

    noun: ClassVar[str]
    """``TrainingJob``: the word in operations and members."""
    kind: ClassVar[str]
    """``training-job``: the word in ARNs."""
    group: ClassVar[str]
    """The log group."""
    summary: ClassVar[tuple[str, ...]] = ()
    """Members that a list shows besides name, ARN, status and times."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._running: dict[Key, Run] = {}
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

    def create(self, call: Call) -> dict[str, Any]:
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
        if not self.host.records.add(key, self._first_record(call, arn), arn, call.params.get("Tags")):
            raise taken
        self.host.slots.submit(lambda: self._live(key))
        return {f"{self.noun}Arn": arn}

    def describe(self, call: Call) -> dict[str, Any]:
        return self._get(call)[1]

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
        run = self._running.get(key)
        if run:
            run.stop()
        return {}

    # What each kind says ------------------------------------------------------------------------------------------

    @abstractmethod
    def check(self, call: Call) -> None:
        """Refuse a request that AWS refuses at once; raises AwsError."""

    @abstractmethod
    def work(self, run: Run) -> dict[str, Any]:
        """Do the job; answers members to add to its description. Raises JobFailed or JobStopped."""

    def role(self, key: Key, record: Mapping[str, Any]) -> str:
        """The role that the job acts in."""
        return str(record["RoleArn"])

    def described(self, call: Call) -> dict[str, Any]:
        """The first description: what was asked, plus what AWS fills in."""
        return {name: value for name, value in call.params.items() if name != "Tags"}

    def moved(self, key: Key, status: str, message: str = "") -> None:  # noqa: B027 - only training jobs tell more
        """Called when the job enters a phase; training jobs tell a finer story than the others."""

    # The life of a job --------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """After a restart of the cloud: what was running is not any more."""
        for key, record in list(self.host.records.each(self.kind, whole=False)):
            if record[f"{self.noun}Status"] not in ENDED:
                self._finish(key, "Failed", CLOUD_STOPPED)

    def close(self) -> None:
        """The cloud is stopping: a job that starts from now on ends at once."""
        self._closed = True
        self.kill_all()

    def kill_all(self) -> None:
        """End all at once and give their threads a moment to write down how they ended."""
        for run in list(self._running.values()):
            run.kill()
        wait_until(lambda: not self._running, timeout=KILL_TIMEOUT)

    def _live(self, key: Key) -> None:
        record = self.host.records.find(key)
        if record is None:
            return
        if record[f"{self.noun}Status"] == "Stopping":
            self._finish(key, "Stopped")
            return
        try:
            run = self._running[key] = Run(self.host, key, record, self.group, self.role(key, record))
        except JobFailed as failure:  # the role went away since the job was created
            self._finish(key, "Failed", failure.reason)
            return
        except OSError as error:
            self._finish(key, "Failed", f"InternalServerError: The job's folder could not be made: {error}")
            return
        status, reason, found = "Failed", "", {}
        if self._closed:
            run.kill()
        try:
            found = self.work(run)
            status = "Completed"
        except JobStopped:
            status = "Stopped"
        except JobFailed as failure:
            reason = run.explain(failure.reason)
        except Exception as error:
            log.exception("%s %s met an error of the embedded cloud.", self.noun, run.name)
            reason = f"InternalServerError: The embedded cloud met an error: {type(error).__name__}: {error}"
        finally:
            if run.killed and status != "Completed":  # whatever it says happened because the cloud is going away
                status, reason = "Failed", CLOUD_STOPPED
            if reason and not run.log.tells(reason):
                run.log.write(reason)
            run.log.close(deliver=not run.killed)
            run.workspace.remove(failed=status == "Failed")
            self._finish(key, status, reason, found)
            self._running.pop(key, None)

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
            news = News(kind="job", account_id=key[1], region=key[2], facts=record)
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
