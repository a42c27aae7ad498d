"""What SageMaker's training, processing and transform jobs have in common: the life of a job, and its end."""

from __future__ import annotations

import contextlib
import logging
import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mlops_iac.cloud.jobs.cluster import NO_NAMES, Place, run_all
from mlops_iac.cloud.jobs.enter import enter
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.cloud.jobs.failure import JobFailed, JobStopped
from mlops_iac.cloud.jobs.gpus import Share, here, share_of_type
from mlops_iac.cloud.jobs.host import Host, claim
from mlops_iac.cloud.jobs.instance import Instance, Program
from mlops_iac.cloud.jobs.logs import LogStream
from mlops_iac.cloud.jobs.mounts import NO_MOUNTS, OPT_ML
from mlops_iac.cloud.jobs.process import KILL_TIMEOUT, End, Outcome, Process, wait_until
from mlops_iac.cloud.jobs.reach import Reach
from mlops_iac.cloud.jobs.records import Key
from mlops_iac.cloud.jobs.resources import instance_type_of, volume_of
from mlops_iac.cloud.jobs.sagemaker_api import CLOUD_STOPPED, JobsApi
from mlops_iac.cloud.jobs.workspace import Workspace
from mlops_iac.cloud.telemetry.instances import Machine, job_host, measured

log = logging.getLogger("mlops_iac.cloud.jobs")


class Run:
    """One job while it runs: its record, its instances, and whether somebody asked it to stop."""

    def __init__(self, host: Host, key: Key, record: dict[str, Any], group: str, role: str) -> None:
        self.host, self.key, self.record, self.group = host, key, record, group
        _, self.account, self.region, self.name = key
        self.role = role
        self.clients = host.acting(role, self.region)
        """What the job does itself, it does in its role."""
        self.instances = [Instance(self, 0)]
        self.killed = False
        """The cloud itself is stopping: there is nowhere to upload to."""
        self.interrupted = False
        """The machine that it ran on was taken away; it may go on on another."""
        self._stop = threading.Event()
        self._told_gpus = False

    @property
    def s3(self) -> Any:
        return self.clients("s3")

    @property
    def first(self) -> Instance:
        """Of most jobs it is the only one."""
        return self.instances[0]

    @property
    def workspace(self) -> Workspace:
        return self.first.workspace

    @property
    def log(self) -> LogStream:
        return self.first.log

    def claim(self, image: str, volume_key: str | None, vpc: object) -> None:
        """What SageMaker does in the role before the container starts; raises JobFailed."""
        claim(self.host, self.role, self.region, image=image, key=volume_key, vpc=bool(vpc))

    def grow(self, count: int) -> None:
        """Have as many instances."""
        self.instances += [Instance(self, number) for number in range(len(self.instances), count)]

    def next_host(self, number: int) -> None:
        """Become another instance of the same job: an empty folder and a log of its own."""
        self.close()
        self.instances = [Instance(self, number)]

    def begin_again(self) -> None:
        """On other machines: empty folders."""
        count, self.interrupted = len(self.instances), False
        self.next_host(0)
        self.grow(count)

    def close(self, *, failed: bool = False) -> None:
        for instance in self.instances:
            instance.close(deliver=not self.killed, failed=failed)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked it to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """SIGTERM now, SIGKILL after two minutes; a job that has no process yet ends at its next step."""
        self._stop.set()
        for instance in self.instances:
            instance.stop()

    def interrupt(self) -> bool:
        """Take its machines away, as happens with spare capacity: SIGTERM now, SIGKILL after two minutes. False when
        it has no process that could be interrupted."""
        if not any(instance.running for instance in self.instances):
            return False
        self.interrupted = True
        for instance in self.instances:
            instance.stop()
        return True

    def kill(self) -> None:
        """End it at once: the cloud is stopping."""
        self.killed = True
        self._stop.set()
        for instance in self.instances:
            if instance.process is not None and instance.running:
                instance.process.stop(grace=0)

    def go_on(self) -> None:
        """Raise JobStopped when somebody asked for it."""
        if self._stop.is_set():
            raise JobStopped

    @property
    def network(self) -> Reach:
        """What the job reaches; raises JobFailed."""
        return self.host.reach(self.record.get("NetworkConfig", self.record), self.region, self.account)

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
        only = {self.first: Program(program, variables)}
        return self.execute_all(
            only, environment, Place(self.first.number + 1), self.network, folder=folder, timeout=timeout
        )[1]

    def execute_all(
        self,
        programs: Mapping[Instance, Program],
        environment: PythonEnvironment,
        place: Place,
        reach: Reach,
        *,
        folder: str,
        timeout: float | None,
    ) -> tuple[Instance, Outcome]:
        """The same on each instance at once; answers how the first ended, or the one that failed."""
        self.go_on()
        for instance, program in programs.items():
            self._enter(instance, program, environment, place, reach, folder)
        processes = {instance: instance.process for instance in programs if instance.process}
        with contextlib.ExitStack() as measuring:
            for instance, process in processes.items():
                measuring.enter_context(measured(self.host.gateway, process, self._machine(instance)))
            instance, outcome = self._run(processes, timeout)
        if outcome.end is End.STOPPED:
            raise JobStopped
        return instance, outcome

    def _run(self, processes: Mapping[Instance, Process], timeout: float | None) -> tuple[Instance, Outcome]:
        try:
            for process in processes.values():
                process.start()
        except OSError as error:
            self.stop()
            raise JobFailed(f"ClientError: The job could not be started: {error}") from error
        if self._stop.is_set():  # asked for before there was a process to stop
            self.stop()
        return run_all(processes, timeout)

    def gpus(self, instance: Instance) -> Share:
        """Those that one of its instances sees."""
        return share_of_type(instance_type_of(self.record), here(), instance.number)

    def _machine(self, instance: Instance) -> Machine:
        """What an instance's use is published as."""
        return Machine(
            namespace=self.group,
            dimensions=job_host(self.group, self.name, instance.name),
            instance_type=instance_type_of(self.record),
            account_id=self.account,
            region=self.region,
            folder=instance.workspace.view.root,
            volume_gib=volume_of(self.record),
            devices=self.gpus(instance).devices,
        )

    def _enter(
        self,
        instance: Instance,
        program: Program,
        environment: PythonEnvironment,
        place: Place,
        reach: Reach,
        folder: str,
    ) -> None:
        host, shown = self.host, place.shown(instance)
        everything = host.variables(environment, instance.workspace, self.region, self.account, self.role)
        gpus = self.gpus(instance)
        if gpus.lack and not self._told_gpus:
            self._told_gpus = True
            instance.on_line(f"mlops-iac: {gpus.lack}")
        if len(self.instances) > 1 and not shown:
            instance.on_line(f"mlops-iac: {NO_NAMES}")
        instance.command = program.command
        instance.process = enter(
            host.gateway,
            program.command,
            environment,
            instance.workspace,
            reach,
            everything | gpus.variables | dict(program.variables),
            instance.on_line,
            folder=folder,
            shown=shown,
            plug=place.plug(instance),
            hostname=instance.name if shown else None,
        )

    def explain(self, reason: str) -> str:
        """Add what this machine lacks to a failure that is probably due to it."""
        if not self.workspace.view.private and OPT_ML in reason:
            return f"{reason}\n{NO_MOUNTS}"
        return reason

    def tells(self, reason: str) -> bool:
        """Whether a log says already what a reason says."""
        return any(instance.log.tells(reason) for instance in self.instances)


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
            if reason and not run.tells(reason):
                run.log.write(reason)
            run.close(failed=status == "Failed")
            self._finish(key, status, reason, found)
            self._running.pop(key, None)
