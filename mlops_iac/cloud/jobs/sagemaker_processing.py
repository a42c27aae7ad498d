"""SageMaker processing jobs: a command over folders of inputs and outputs, in the environment of a framework image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from mlops_iac.cloud.gateway import Call
from mlops_iac.cloud.jobs.failure import JobFailed, last_error
from mlops_iac.cloud.jobs.host import check_role
from mlops_iac.cloud.jobs.process import End, Outcome
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, download, unpack, upload_folder
from mlops_iac.cloud.jobs.sagemaker_job import Run, SageMakerJobs

_DEFAULT_LIMIT = 86_400
"""Seconds a processing job may run when it does not say: SageMaker's own day."""


class ProcessingJobs(SageMakerJobs):
    noun: ClassVar[str] = "ProcessingJob"
    kind: ClassVar[str] = "processing-job"
    group: ClassVar[str] = "/aws/sagemaker/ProcessingJobs"
    summary: ClassVar[tuple[str, ...]] = ("ProcessingEndTime", "FailureReason", "ExitMessage")

    def check(self, call: Call) -> None:
        check_role(self.host, call.params["RoleArn"])

    def ended(self, key: Key) -> dict[str, Any]:
        record = self.host.records.find(key)
        return {"ProcessingEndTime": now()} if record and "ProcessingStartTime" in record else {}

    def work(self, run: Run) -> dict[str, Any]:
        """Each instance in turn: one machine cannot be several at once, and shares of data do not need each other."""
        asked = run.record
        count = asked["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
        self.host.records.change(run.key, ProcessingStartTime=now())
        found: dict[str, Any] = {}
        for number in range(count):
            if number:
                run.next_host(number)
            found = self._work_as(run, number, count)
        return found

    def _work_as(self, run: Run, number: int, count: int) -> dict[str, Any]:
        asked = run.record
        network, cluster = asked.get("NetworkConfig", {}), asked["ProcessingResources"]["ClusterConfig"]
        run.claim(asked["AppSpecification"]["ImageUri"], cluster.get("VolumeKmsKeyId"), network.get("VpcConfig"))
        self._prepare(run, number, count)
        environment = self.host.environment(asked["AppSpecification"]["ImageUri"], _find_code(run))
        limit = asked.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", _DEFAULT_LIMIT)
        variables = {**asked.get("Environment", {}), "PROCESSING_JOB_NAME": run.name}
        outcome = run.execute(_command(asked), environment, variables, folder="/", timeout=limit)
        message = _exit_message(run)
        self.host.records.change(run.key, **message)
        if outcome.code != 0 or outcome.end is End.TIMED_OUT:
            self._upload(run, "Continuous")  # what was to be stored while it ran is there, however it ended
        if outcome.end is End.TIMED_OUT:
            raise JobFailed(f"ClientError: The job ran longer than its MaxRuntimeInSeconds ({limit}).")
        if outcome.code != 0:
            raise JobFailed(_reason(run, outcome))
        self._upload(run)
        return message

    def _prepare(self, run: Run, number: int, count: int) -> None:
        asked, hosts = run.record, [f"algo-{each + 1}" for each in range(count)]
        for each in asked.get("ProcessingInputs", ()):
            run.go_on()
            _download(run, each, number, count)
        for output in asked.get("ProcessingOutputConfig", {}).get("Outputs", ()):
            _local(run, output.get("S3Output", {}).get("LocalPath"), output["OutputName"])
        run.workspace.folder("/opt/ml/processing")
        run.workspace.folder("/opt/ml/output")
        resources = {"current_host": hosts[number], "hosts": hosts}
        run.workspace.write_json("/opt/ml/config/resourceconfig.json", resources)
        run.workspace.write_json("/opt/ml/config/processingjobconfig.json", _configuration(asked))

    def _upload(self, run: Run, mode: str = "") -> None:
        """``mode``: outputs of this S3UploadMode only; left out: all."""
        outputs = run.record.get("ProcessingOutputConfig", {})
        for output in outputs.get("Outputs", ()):
            target = output.get("S3Output")
            if target is None:
                raise JobFailed(f"ClientError: Output `{output['OutputName']}` has no S3Output.")
            if mode and target.get("S3UploadMode") != mode:
                continue
            folder = _local(run, target.get("LocalPath"), output["OutputName"])
            upload_folder(run.s3, folder, S3Uri.parse(target["S3Uri"]), outputs.get("KmsKeyId"))


def _download(run: Run, asked: Mapping[str, Any], number: int, count: int) -> None:
    source, name = asked.get("S3Input"), asked["InputName"]
    if source is None:
        raise JobFailed(f"ClientError: Input `{name}` is a DatasetDefinition; the embedded cloud offers S3Input.")
    if source.get("S3InputMode") == "Pipe":
        raise JobFailed(f"ClientError: Input `{name}` asks for Pipe mode; the embedded cloud offers File.")
    sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    folder = _local(run, source.get("LocalPath"), name)
    download(run.s3, Source(source["S3Uri"], source["S3DataType"], sharded), folder, number, count)


def _local(run: Run, path: str | None, name: str) -> Path:
    try:
        return run.workspace.folder(path or f"/opt/ml/processing/{name}")
    except ValueError as error:
        raise JobFailed(f"ClientError: LocalPath of `{name}` must be below /opt/ml/processing: {error}") from error


def _find_code(run: Run) -> Path | None:
    """Where the job's requirements are: beside its packed code, else in the input that is called ``code``."""
    processing = run.workspace.view.real("/opt/ml/processing")
    packed = next(iter(sorted(processing.glob("input/*/sourcedir.tar.gz"))), None)
    if packed:
        # Its own run.sh unpacks it again; this copy is only what the environment is built from.
        unpack(packed, run.workspace.aside / "code")
        return run.workspace.aside / "code"
    plain = processing / "input" / "code"
    return plain if (plain / "requirements.txt").is_file() else None


def _command(asked: Mapping[str, Any]) -> list[str]:
    application = asked["AppSpecification"]
    entry = application.get("ContainerEntrypoint")
    if not entry:
        raise JobFailed(
            "ClientError: AppSpecification.ContainerEntrypoint is missing: a framework image has no default program."
        )
    return [*entry, *application.get("ContainerArguments", ())]


def _configuration(asked: Mapping[str, Any]) -> dict[str, Any]:
    """``processingjobconfig.json``: what was asked, without the times that JSON cannot hold."""
    kept = (
        "ProcessingJobArn",
        "ProcessingJobName",
        "AppSpecification",
        "Environment",
        "ProcessingInputs",
        "ProcessingOutputConfig",
        "ProcessingResources",
        "RoleArn",
        "StoppingCondition",
    )
    return {name: asked[name] for name in kept if name in asked}


def _exit_message(run: Run) -> dict[str, Any]:
    file = run.workspace.view.real("/opt/ml/output/message")
    return {"ExitMessage": file.read_text("utf-8", "replace")[:1024]} if file.is_file() else {}


def _reason(run: Run, outcome: Outcome) -> str:
    """SageMaker says only "See job logs"; the log's own last words are added, because they are what one looks for."""
    text = last_error(run.log.last)[:900]
    return f"AlgorithmError: See job logs for more information: {text}, exit code: {outcome.exit_code}"
