"""What SageMaker's training, processing and transform jobs have in common: the life of a job, and its end."""

from __future__ import annotations

import logging
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from mlops_iac.cloud.jobs.enter import enter
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.cloud.jobs.failure import JobFailed, JobStopped
from mlops_iac.cloud.jobs.host import Host, claim
from mlops_iac.cloud.jobs.logs import LogStream
from mlops_iac.cloud.jobs.mounts import NO_MOUNTS, OPT_ML
from mlops_iac.cloud.jobs.process import KILL_TIMEOUT, End, Outcome, Process, wait_until
from mlops_iac.cloud.jobs.records import Key
from mlops_iac.cloud.jobs.sagemaker_api import CLOUD_STOPPED, JobsApi
from mlops_iac.cloud.jobs.workspace import Workspace

log = logging.getLogger("mlops_iac.cloud.jobs")


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
        self.interrupted = False
        """The machine that it ran on was taken away; it may go on on another."""
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

    @property
    def stopping(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """SIGTERM now, SIGKILL after two minutes; a job that has no process yet ends at its next step."""
        self._stop.set()
        process = self._process
        if process is not None and process.running:
            threading.Thread(target=process.stop, name="job stop", daemon=True).start()

    def interrupt(self) -> bool:
        """Take its machine away, as happens with spare capacity: SIGTERM now, SIGKILL after two minutes. False when it
        has no process that could be interrupted."""
        process = self._process
        if process is None or not process.running:
            return False
        self.interrupted = True
        threading.Thread(target=process.stop, name="job interruption", daemon=True).start()
        return True

    def begin_again(self) -> None:
        """On another machine: an empty folder."""
        self.interrupted = False
        self.next_host(1)

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


class SageMakerJobs(JobsApi):
    """One kind of job that is a process. A subclass says what the work is."""

    group: ClassVar[str]
    """The log group."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._running: dict[Key, Run] = {}

    @abstractmethod
    def work(self, run: Run) -> dict[str, Any]:
        """Do the job; answers members to add to its description. Raises JobFailed or JobStopped."""

    def role(self, key: Key, record: Mapping[str, Any]) -> str:
        """The role that the job acts in."""
        return str(record["RoleArn"])

    def begin(self, key: Key) -> None:
        self.host.slots.submit(lambda: self._live(key))

    def halt(self, key: Key) -> None:
        run = self._running.get(key)
        if run:
            run.stop()

    def kill_all(self) -> None:
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
