"""One attempt of one Batch job: its container's command as a process in the environment of the container's image."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_iac.cloud.jobs.enter import begin, enter
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.gpus import here, share_of_container
from mlops_iac.cloud.jobs.host import Host
from mlops_iac.cloud.jobs.logs import LogStream
from mlops_iac.cloud.jobs.process import End, Process
from mlops_iac.cloud.jobs.reach import INTERNET, Reach
from mlops_iac.cloud.jobs.records import Key
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, download, unpack
from mlops_iac.cloud.jobs.shared_files import Mounting, SharedFiles
from mlops_iac.cloud.jobs.workspace import Workspace

if TYPE_CHECKING:
    from mlops_iac.cloud.jobs.batch_seat import Seat

GRACE = 30.0
"""Seconds between SIGTERM and SIGKILL, as ECS gives a container."""
SHARED_MEMORY = 64
"""MiB of /dev/shm that Docker gives to a container which asks for none:
https://docs.docker.com/reference/cli/docker/container/run/#options"""
EXITED = "Essential container in task exited"
TASKS = "ecs-tasks.amazonaws.com"
"""Who assumes the roles of a container."""
CODE = "MLOPS_IAC_CODE"
"""The variable by which a step of a pipeline names its packed code."""
_GROUP = "/aws/batch/job"


@dataclass(frozen=True)
class Result:
    """How an attempt ended. ``final``: it is not tried again whatever the retry strategy says."""

    code: int
    status_reason: str
    reason: str = ""
    final: bool = False
    container: Mapping[str, Any] = field(default_factory=dict)
    started: int = 0
    stopped: int = 0

    @property
    def succeeded(self) -> bool:
        return self.code == 0 and not self.final

    def described(self) -> dict[str, Any]:
        """As in ``attempts[]`` of DescribeJobs."""
        return {
            "container": dict(self.container),
            "startedAt": self.started,
            "stoppedAt": self.stopped,
            "statusReason": self.status_reason,
        }


class Attempt:
    def __init__(self, host: Host, key: Key, record: Mapping[str, Any], number: int) -> None:
        self._host, self._record, self._number = host, record, number
        _, self._account, self._region, self._id = key
        definition = record["jobDefinition"].rsplit("/", 1)[-1].split(":")[0]
        options = record["container"].get("logConfiguration", {}).get("options", {})
        self._stream = f"{options.get('awslogs-stream-prefix', definition)}/default/{uuid.uuid4().hex}"
        self.seat: Seat | None = None
        """Where it is beside the other nodes of its job. None: it is no node."""
        self._process: Process | None = None
        self._terminated: str | None = None
        self._killed = False
        self._lock = threading.Lock()

    @property
    def place(self) -> dict[str, str]:
        """What a job's description says of a container that has been started."""
        return {"logStreamName": self._stream, "taskArn": f"task/{self._stream.rsplit('/', 1)[-1]}"}

    def terminate(self, reason: str) -> None:
        """SIGTERM, SIGKILL after thirty seconds."""
        self._end(reason, GRACE)

    def kill(self) -> None:
        self._killed = True
        self._end("The embedded cloud was stopped while this job ran. Submit it again.", 0)

    def run(self, on_start: Callable[[], None]) -> Result:
        """Run until the end; every way to fail is in the result."""
        workspace = self._host.workspace()
        log = self._open_log()
        log.open()
        failed = True
        try:
            process = self._start(workspace, log.write)
            on_start()
            result = self._wait(process)
            failed = not result.succeeded
            return result
        except JobFailed as failure:
            reason = self._terminated or failure.reason
            log.write(reason)
            return self.refused(reason)
        finally:
            log.close(deliver=not self._killed)
            workspace.remove(failed=failed)

    def _open_log(self) -> LogStream:
        """The container's log, written in the execution role, which is who writes it for a container."""
        container = self._record["container"]
        role = container.get("executionRoleArn")
        if role is None:  # the machine's own agent writes it
            return self._host.log(_GROUP, self._stream, self._host.gateway.clients(self._region, self._account))
        options = container.get("logConfiguration", {}).get("options", {})
        return self._host.log(
            options.get("awslogs-group", _GROUP), self._stream, self._host.acting(role, self._region, TASKS)
        )

    def refused(self, reason: str) -> Result:
        """An attempt that never ran."""
        now = _milliseconds()
        return Result(1, reason, final=True, container={"reason": reason[:255]}, started=now, stopped=now)

    def _start(self, workspace: Workspace, write: Callable[[str], None]) -> Process:
        container = self._record["container"]
        environment = self._host.environment(container["image"], self._fetch_code(workspace))
        if not container["command"]:
            raise JobFailed("The job definition has no command, and a framework image has no default program.")
        role = container.get("jobRoleArn")
        variables = self._host.variables(environment, workspace, self._region, self._account, role, TASKS)
        seat = self.seat
        gpus = share_of_container(container, here(), seat.number if seat else 0)
        if gpus.lack:
            write(f"mlops-iac: {gpus.lack}")
        variables |= gpus.variables | {each["name"]: each["value"] for each in container["environment"]}
        compute = self._compute()
        variables |= self._batch_variables(compute)
        variables |= seat.variables(workspace, environment) if seat else {}
        shown = SharedFiles(self._host.gateway).binds(container, self._mounting(compute), workspace.view)
        process = enter(
            self._host.gateway,
            container["command"],
            environment,
            workspace,
            self._reach_from(compute),
            variables,
            write,
            folder="/",
            shown=[*shown, *(seat.shown(workspace) if seat else ())],
            grace=GRACE,
            plug=seat.plug if seat else None,
            hostname=seat.hostname if seat else None,
            shared_memory=container.get("linuxParameters", {}).get("sharedMemorySize", SHARED_MEMORY),
        )
        with self._lock:
            if self._terminated is not None:
                raise JobFailed(self._terminated)
            begin(process)
            self._process = process
        return process

    def _fetch_code(self, workspace: Workspace) -> Path | None:
        """The packed code of a step, which brings the requirements that the image's environment is built with; the
        container fetches it again. None for a job that is no step."""
        container = self._record["container"]
        uri = next((each["value"] for each in container["environment"] if each["name"] == CODE), None)
        if uri is None or container.get("jobRoleArn") is None:
            return None
        archive = S3Uri.parse(uri) / "sourcedir.tar.gz"
        s3 = self._host.acting(container["jobRoleArn"], self._region, TASKS)("s3")
        download(s3, Source(str(archive), "S3Object"), workspace.aside)
        unpack(workspace.aside / "sourcedir.tar.gz", workspace.aside / "code")
        return workspace.aside / "code"

    def _compute(self) -> dict[str, Any]:
        """The queue's first compute environment: every job finds room in it."""
        batch = self._host.client("batch", self._region, self._account)
        queue = batch.describe_job_queues(jobQueues=[self._record["jobQueue"]])["jobQueues"][0]
        first = min(queue["computeEnvironmentOrder"], key=lambda each: each["order"])["computeEnvironment"]
        found: dict[str, Any] = batch.describe_compute_environments(computeEnvironments=[first])
        return dict(found["computeEnvironments"][0])

    @property
    def reach(self) -> Reach:
        """What its machine reaches; raises JobFailed."""
        return self._reach_from(self._compute())

    def _reach_from(self, compute: Mapping[str, Any]) -> Reach:
        """By the subnets of the compute environment, and by the public address: of the job itself on Fargate, of its
        machine elsewhere, which the subnet gives it."""
        subnets = compute.get("computeResources", {}).get("subnets")
        if not subnets:
            return INTERNET
        network = self._record["container"].get("networkConfiguration") or {}
        public = network.get("assignPublicIp") == "ENABLED" or self._on_public_machines(compute)
        return self._host.reach_of(subnets, self._region, self._account, public_address=public)

    def _on_public_machines(self, compute: Mapping[str, Any]) -> bool:
        resources = compute["computeResources"]
        if str(resources.get("type", "")).startswith("FARGATE"):
            return False
        ec2 = self._host.client("ec2", self._region, self._account)
        found = ec2.describe_subnets(Filters=[{"Name": "subnet-id", "Values": list(resources["subnets"])}])["Subnets"]
        return bool(found) and all(one["MapPublicIpOnLaunch"] for one in found)

    def _mounting(self, compute: Mapping[str, Any]) -> Mounting:
        """Who mounts shared files, and from where."""
        resources = compute.get("computeResources", {})
        return Mounting(
            account=self._account,
            region=self._region,
            role=self._record["container"].get("jobRoleArn") or "",
            subnets=resources.get("subnets") or (),
            groups=resources.get("securityGroupIds") or (),
        )

    def _batch_variables(self, compute: Mapping[str, Any]) -> dict[str, str]:
        """Batch user guide, "AWS Batch job environment variables"; the last one is ECS's."""
        record = self._record
        fargate = str(compute.get("computeResources", {}).get("type", "")).startswith("FARGATE")
        variables = {
            "AWS_BATCH_JOB_ID": self._id,
            "AWS_BATCH_JOB_ATTEMPT": str(self._number),
            "AWS_BATCH_CE_NAME": compute["computeEnvironmentName"],
            "AWS_BATCH_JQ_NAME": record["jobQueue"].rsplit("/", 1)[-1],
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE" if fargate else "AWS_ECS_EC2",
        }
        index = record.get("arrayProperties", {}).get("index")
        return variables | ({"AWS_BATCH_JOB_ARRAY_INDEX": str(index)} if index is not None else {})

    def _wait(self, process: Process) -> Result:
        started = _milliseconds()
        outcome = process.wait(self._record["timeout"].get("attemptDurationSeconds"))
        code = outcome.exit_code
        container = {"exitCode": code, **self.place}
        times: dict[str, Any] = {"container": container, "started": started, "stopped": _milliseconds()}
        if outcome.end is End.TIMED_OUT:
            return Result(code or 137, "Job attempt duration exceeded timeout", final=True, **times)
        if self._terminated is not None:
            return Result(code or 143, self._terminated, final=True, **times)
        return Result(code, EXITED, **times)

    def _end(self, reason: str, grace: float) -> None:
        with self._lock:
            self._terminated = reason
            process = self._process
        if process and process.running:
            threading.Thread(target=process.stop, args=(grace,), name="job stop", daemon=True).start()


def _milliseconds() -> int:
    return int(time.time() * 1000)
