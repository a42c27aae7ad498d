"""SageMaker batch transform: a model server for the length of one job, asked once per record batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from mlops_iac.cloud.endpoints.models import get_container
from mlops_iac.cloud.endpoints.serving import InvocationTimedOut, Serving
from mlops_iac.cloud.gateway import AwsError, Call
from mlops_iac.cloud.jobs.failure import JobFailed
from mlops_iac.cloud.jobs.records import Key, now
from mlops_iac.cloud.jobs.resources import instance_type_of
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, download, has_objects, no_objects, upload_file
from mlops_iac.cloud.jobs.sagemaker_job import Run, SageMakerJobs
from mlops_iac.cloud.jobs.transform_records import batches, find_processing
from mlops_iac.cloud.telemetry.instances import MINUTE, job_host

_DEFAULT_TIMEOUT = 600
"""Seconds of one invocation when ModelClientConfig does not say."""


class TransformJobs(SageMakerJobs):
    noun: ClassVar[str] = "TransformJob"
    kind: ClassVar[str] = "transform-job"
    group: ClassVar[str] = "/aws/sagemaker/TransformJobs"
    summary: ClassVar[tuple[str, ...]] = ("TransformEndTime", "FailureReason")

    def check(self, call: Call) -> None:
        asked = call.params
        sagemaker = self.host.client("sagemaker", call.region, call.account_id)
        try:
            sagemaker.describe_model(ModelName=asked["ModelName"])
        except sagemaker.exceptions.ClientError as error:
            arn = call.arn("sagemaker", f"model/{asked['ModelName']}")
            raise AwsError("ValidationException", f'Could not find model "{arn}".') from error
        try:
            find_processing(asked)
        except ValueError as error:
            raise AwsError("ValidationException", f"DataProcessing: {error}.") from error
        uri = asked["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        if not has_objects(self.host.gateway.roles.as_caller(call)("s3"), uri):
            raise AwsError("ValidationException", no_objects(uri))

    def ended(self, key: Key) -> dict[str, Any]:
        record = self.host.records.find(key)
        return {"TransformEndTime": now()} if record and "TransformStartTime" in record else {}

    def role(self, key: Key, record: Mapping[str, Any]) -> str:
        """The model's: a transform job has none of its own."""
        sagemaker = self.host.client("sagemaker", key[2], key[1])
        return get_container(sagemaker, record["ModelName"]).role

    def work(self, run: Run) -> dict[str, Any]:
        asked = run.record
        self.host.records.change(run.key, TransformStartTime=now())
        inputs = run.workspace.aside / "inputs"
        data = asked["TransformInput"]["DataSource"]["S3DataSource"]
        download(run.s3, Source(data["S3Uri"], data["S3DataType"]), inputs)
        serving = self._start(run)
        try:
            for file in sorted(path for path in inputs.rglob("*") if path.is_file()):
                self._transform(run, serving, file, file.relative_to(inputs).as_posix())
        finally:
            serving.stop()
        return {}

    def _start(self, run: Run) -> Serving:
        container = get_container(self.host.client("sagemaker", run.region, run.account), run.record["ModelName"])
        variables = {**container.environment, **run.record.get("Environment", {})}
        container = replace(container, environment=variables, instance_type=instance_type_of(run.record))
        run.go_on()
        disk = run.record["TransformResources"].get("VolumeKmsKeyId")
        place = (self.group, f"{run.name}/model", run.region, run.account, disk)
        published = (self.group, job_host(self.group, run.name, ""), MINUTE)
        serving = Serving(self.host, container, *place, published)
        try:
            serving.start()
        except JobFailed as failure:
            raise JobFailed(f"AlgorithmError: {failure.reason}") from failure
        return serving

    def _transform(self, run: Run, serving: Serving, file: Path, name: str) -> None:
        asked = run.record
        output = asked["TransformOutput"]
        headers = {
            "Content-Type": asked["TransformInput"].get("ContentType", "text/csv"),
            **({"Accept": output["Accept"]} if output.get("Accept") else {}),
        }
        timeout = asked.get("ModelClientConfig", {}).get("InvocationsTimeoutInSeconds", _DEFAULT_TIMEOUT)
        processing = find_processing(asked)
        end = b"\n" if output.get("AssembleWith") == "Line" else b""

        def ask(body: bytes) -> bytes:
            return _ask(serving, body, headers, timeout, name)

        result = run.workspace.aside / "result"
        with result.open("wb") as out:
            for records in batches(file, asked):
                run.go_on()
                for part in processing.answer(records, ask) if processing else [ask(b"".join(records))]:
                    out.write(part if part.endswith(end) else part + end)
        upload_file(run.s3, result, S3Uri.parse(output["S3OutputPath"]) / f"{name}.out", output.get("KmsKeyId"))


def _ask(serving: Serving, body: bytes, headers: Mapping[str, str], timeout: float, name: str) -> bytes:
    try:
        answer = serving.invoke(body, headers, timeout)
    except InvocationTimedOut as error:
        raise JobFailed(f"AlgorithmError: The model did not answer for `{name}` within {timeout} seconds.") from error
    except OSError as error:
        raise JobFailed(f"AlgorithmError: The model's process ended while it answered for `{name}`.") from error
    if answer.status >= 400:
        text = answer.body.decode("utf-8", "replace")[:500]
        raise JobFailed(f"AlgorithmError: The model answered {answer.status} for `{name}`: {text}")
    return answer.body
