"""One job run: `spark-submit` in local mode, as a process of this machine, with the rights of the job's role."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlops_iac.cloud.jobs.enter import begin, enter
from mlops_iac.cloud.jobs.environments import EnvironmentFailed, PythonEnvironment
from mlops_iac.cloud.jobs.failure import JobFailed, last_error
from mlops_iac.cloud.jobs.host import Host
from mlops_iac.cloud.jobs.logs import LogStream
from mlops_iac.cloud.jobs.process import End, Process
from mlops_iac.cloud.jobs.reach import Reach
from mlops_iac.cloud.jobs.s3_transfer import unpack
from mlops_iac.cloud.jobs.workspace import Workspace
from mlops_iac.cloud.spark.environment import spark_environment, spark_home
from mlops_iac.cloud.spark.places import PRINCIPAL
from mlops_iac.cloud.spark.staging import SEEN, Staging
from mlops_iac.cloud.spark.submission import Submission, read_submission
from mlops_iac.core.java import REMEDY, find_java, lack
from mlops_iac.core.spark import RELEASES

GRACE: Final = 120.0
"""Seconds between SIGTERM and SIGKILL, where nobody says (CancelJobRun's shutdownGracePeriodInSeconds)."""
GROUP: Final = "/aws/emr-serverless"
"""Of logs, where nobody names another.
https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html"""
WORK: Final = "/opt/ml/work"
"""Where the job starts: archives are unpacked here."""
OUTSIDE: Final = Reach(
    endpoints=frozenset({"dynamodb", "glue", "kms", "logs", "s3", "secretsmanager", "sts"}),
    place="EMR Serverless without a network of yours",
)
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/vpc-access.html"""
CLOUD_STOPPED: Final = "The embedded cloud was stopped while this job was waiting or running. Start it again."
_QUIET: Final = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.console.type = Console
appender.console.name = stderr
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
"""


@dataclass(frozen=True)
class Result:
    state: str
    details: str


class SparkProcess:
    def __init__(self, host: Host, account: str, region: str, record: Mapping[str, Any]) -> None:
        self._host, self._account, self._region, self._record = host, account, region, record
        self._driver = record["jobDriver"]["sparkSubmit"]
        self._overrides = record.get("configurationOverrides") or {}
        self._process: Process | None = None
        self._cancelled: str | None = None
        self._killed = False
        self._lock = threading.Lock()

    def cancel(self, grace: float | None) -> None:
        self._end("The job run was cancelled.", GRACE if grace is None else grace)

    def kill(self) -> None:
        self._killed = True
        self._end(CLOUD_STOPPED, 0)

    def run(self, on_start: Callable[[], None]) -> Result:
        """Run until the end; every way to fail is in the result."""
        workspace = self._host.workspace()
        out, errors = self._logs()
        failed = True
        try:
            staging = self._stage(workspace)
            process = self._start(workspace, staging, out.write)
            on_start()
            result = self._wait(process, workspace, errors)
            if not self._killed:
                staging.store()
            failed = result.state == "FAILED"
            return result
        except JobFailed as failure:
            errors.write(failure.reason)
            return Result("CANCELLED" if self._cancelled and not self._killed else "FAILED", failure.reason)
        finally:
            for log in (out, errors):
                log.close(deliver=not self._killed)
            workspace.remove(failed=failed)

    # Where it runs --------------------------------------------------------------------------------------------------

    def _logs(self) -> tuple[LogStream, LogStream]:
        """The driver's output and errors, written in the job's role; by AWS's names for them."""
        found = self._monitoring()
        start = found.get("logStreamNamePrefix", "").rstrip("/")
        job = f"applications/{self._record['applicationId']}/jobs/{self._record['jobRunId']}"
        place = f"{start}/{job}/SPARK_DRIVER" if start else f"/{job}/SPARK_DRIVER"
        role = self._record["executionRole"]
        clients = self._host.acting(role, self._region, PRINCIPAL)
        group = found.get("logGroupName") or GROUP
        out, errors = (self._host.log(group, f"{place}/{name}", clients) for name in ("stdout", "stderr"))
        return out, errors

    def _monitoring(self) -> Mapping[str, Any]:
        own = (self._overrides.get("monitoringConfiguration") or {}).get("cloudWatchLoggingConfiguration")
        return own or self._record.get("_logging") or {}

    def _reach(self) -> Reach:
        subnets = (self._record.get("networkConfiguration") or {}).get("subnetIds")
        found = self._host.reach_of(subnets, self._region, self._account) if subnets else OUTSIDE
        if not (found.internet or "s3" in found.endpoints):
            raise JobFailed(f"There is no way from {found.place} to S3: give the network an endpoint for it.")
        return found

    def _environment(self) -> PythonEnvironment:
        if missing := lack():
            raise JobFailed(f"{missing} To do: {REMEDY}.")
        try:
            return spark_environment(RELEASES[self._record["releaseLabel"]])
        except EnvironmentFailed as error:
            remedy = f" To do: {error.hint}" if error.hint else ""
            raise JobFailed(f"{error.detail}{remedy}") from error

    # What it does ---------------------------------------------------------------------------------------------------

    def _stage(self, workspace: Workspace) -> Staging:
        self._reach()
        s3 = self._host.acting(self._record["executionRole"], self._region, PRINCIPAL)("s3")
        return Staging(s3, workspace.folder(SEEN))

    def _start(self, workspace: Workspace, staging: Staging, write: Callable[[str], None]) -> Process:
        environment, java = self._environment(), find_java()
        assert java is not None
        asked = read_submission(self._driver, self._overrides)
        work = workspace.folder(WORK)
        for uri, folder in asked.archives:
            unpack(staging.fetch_file(uri, workspace.aside / folder), work / folder)
        program = staging.fetch_file(self._driver["entryPoint"], work)
        (work / "log4j2.properties").write_text(_QUIET, "utf-8")
        home = spark_home(environment)
        variables = self._variables(environment, workspace, asked, home)
        submit = [
            *(str(home / "bin" / "spark-submit"), "--master", "local[*]"),
            *("--driver-java-options", f"-Dlog4j2.configurationFile=file:{WORK}/log4j2.properties"),
            *(staging.localize(word) for word in asked.words()),
            f"{WORK}/{program.name}",
            *(staging.localize(word) for word in self._driver.get("entryPointArguments") or ()),
        ]
        process = enter(
            self._host.gateway,
            ["/bin/sh", "-c", f'exec "$@" 2>{WORK}/.stderr', "sh", *submit],
            environment,
            workspace,
            self._reach(),
            {**variables, "JAVA_HOME": str(java.home)},
            write,
            folder=WORK,
            shown=[(str(java.home), str(java.home), "ro")] if not java.home.is_relative_to("/usr") else (),
            grace=GRACE,
        )
        with self._lock:
            if self._cancelled is not None:
                raise JobFailed(self._cancelled)
            begin(process)
            self._process = process
        return process

    def _variables(
        self, environment: PythonEnvironment, workspace: Workspace, asked: Submission, home: Path
    ) -> dict[str, str]:
        role = self._record["executionRole"]
        found = self._host.variables(environment, workspace, self._region, self._account, role, PRINCIPAL)
        found |= {
            "EMR_SERVERLESS_APPLICATION_ID": self._record["applicationId"],
            "EMR_SERVERLESS_JOB_RUN_ID": self._record["jobRunId"],
            "PYSPARK_PYTHON": str(environment.python),
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_DIRS": f"{WORK}/.spark",
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        return found | asked.variables

    def _wait(self, process: Process, workspace: Workspace, errors: LogStream) -> Result:
        minutes = self._record["executionTimeoutMinutes"]
        outcome = process.wait(minutes * 60 if minutes else None)
        written = workspace.view.real(f"{WORK}/.stderr")
        lines = written.read_text("utf-8", "replace").splitlines() if written.is_file() else []
        for line in lines:
            errors.write(line)
        if self._killed:
            return Result("FAILED", CLOUD_STOPPED)
        if self._cancelled is not None:
            return Result("CANCELLED", self._cancelled)
        if outcome.end is End.TIMED_OUT:
            return Result("CANCELLED", f"Job run timed out after {minutes} minutes.")
        if outcome.exit_code:
            why = " ".join(last_error(lines).split())
            return Result("FAILED", f"Job failed, please check complete logs. ExitCode: {outcome.exit_code}. {why}")
        return Result("SUCCESS", "")

    def _end(self, reason: str, grace: float) -> None:
        with self._lock:
            self._cancelled = reason
            process = self._process
        if process and process.running:
            threading.Thread(target=process.stop, args=(grace,), name="job stop", daemon=True).start()
