"""A real embedded cloud with one light framework: the interpreter that runs the tests. Jobs are real processes."""

from __future__ import annotations

import io
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.cloud import endpoints, jobs
from mlops_iac.cloud.own_calls import authorization, call
from mlops_iac.cloud.server import Install, Server
from mlops_iac.core.frameworks import Framework, find_framework
from tests.support.roles import make_mighty_role

REGION = "eu-west-1"
LIGHT = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/light:1"
"""The image of a framework without packages."""
ROLE = "arn:aws:iam::123456789012:role/screening-dev-job"
ENDED = ("Completed", "Failed", "Stopped")


def find_light(image: str) -> Framework | None:
    return Framework("light", "1") if image == LIGHT else find_framework(image)


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    return (
        lambda gateway: jobs.install(gateway, find_light),
        lambda gateway: endpoints.install(gateway, find_light, idle=1.5),
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, installs: tuple[Install, ...]) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("cloud"), installs=installs)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def cloud(server: Server) -> Iterator[Cloud]:
    server.reset()
    yield Cloud(server)
    server.reset()


class Cloud:
    """An account with a bucket ``lake`` and a role, and what a test asks of it."""

    image, role, region = LIGHT, ROLE, REGION

    def __init__(self, server: Server, *, new: bool = True) -> None:
        self.server = server
        self.clients: Clients = server.gateway.clients(REGION)
        self.s3, self.sagemaker, self.logs = self.clients("s3"), self.clients("sagemaker"), self.clients("logs")
        if not new:
            return
        self.s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
        make_mighty_role(self.clients, "screening-dev-job", "sagemaker")

    def wait(self, describe: Callable[[], dict[str, Any]], member: str) -> dict[str, Any]:
        return wait_for(describe, member)

    def processing_input(self, name: str, uri: str, **more: Any) -> dict[str, Any]:
        return processing_input(name, uri, **more)

    def processing_output(self, name: str, uri: str) -> dict[str, Any]:
        return processing_output(name, uri)

    def put(self, key: str, body: str | bytes) -> str:
        self.s3.put_object(Bucket="lake", Key=key, Body=body)
        return f"s3://lake/{key}"

    def put_code(self, files: dict[str, str | bytes], key: str = "code/sourcedir.tar.gz") -> str:
        return self.put(key, packed(files))

    def keys(self, prefix: str = "") -> list[str]:
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", ())]

    def get(self, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket="lake", Key=key)["Body"].read()
        return body

    def archive(self, key: str) -> dict[str, bytes]:
        """The files of a tar.gz in the lake."""
        with tarfile.open(fileobj=io.BytesIO(self.get(key))) as tar:
            return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}

    def log(self, group: str, job: str) -> list[str]:
        """All lines of a job's log."""
        streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
        return [
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]

    def train(self, script: str, *, name: str = "job", wait: bool = True, **changes: Any) -> dict[str, Any]:
        """Run a script as a training job on the channel ``train``; answers its description when it has ended."""
        if not self.keys("data/train/"):
            self.put("data/train/train.csv", "1,2\n3,4\n")
        code = self.put_code({"train.py": script})
        asked: dict[str, Any] = {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": LIGHT, "TrainingInputMode": "File"},
            "InputDataConfig": [channel("train", "s3://lake/data/train/")],
            "OutputDataConfig": {"S3OutputPath": "s3://lake/models/"},
            "ResourceConfig": {"InstanceType": "ml.m7i.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "HyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": code},
        }
        hyperparameters = changes.pop("HyperParameters", {})
        asked |= changes
        asked["HyperParameters"] = asked["HyperParameters"] | hyperparameters
        self.sagemaker.create_training_job(**asked)
        return self.wait_training(name) if wait else {}

    def process(self, script: str, *, name: str = "job", wait: bool = True, **changes: Any) -> dict[str, Any]:
        """Run a script as a processing job on the input ``data``, with the output ``result``."""
        self.put("code/script.py", script)
        if not self.keys("data/raw/"):
            self.put("data/raw/a.csv", "1,2\n")
        asked: dict[str, Any] = {
            "ProcessingJobName": name,
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": LIGHT,
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/script.py"],
            },
            "ProcessingInputs": [
                processing_input("code", "s3://lake/code/script.py"),
                processing_input("data", "s3://lake/data/raw/"),
            ],
            "ProcessingOutputConfig": {"Outputs": [processing_output("result", "s3://lake/result/")]},
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
            },
        }
        self.sagemaker.create_processing_job(**(asked | changes))
        return self.wait_processing(name) if wait else {}

    def wait_processing(self, name: str = "job") -> dict[str, Any]:
        return wait_for(lambda: self.sagemaker.describe_processing_job(ProcessingJobName=name), "ProcessingJobStatus")

    def model(
        self, script: str, *, name: str = "model", model: dict[str, str | bytes] | None = None, **changes: Any
    ) -> None:
        """A SageMaker model whose archive holds a script ``inference.py`` and the files given."""
        url = self.put_code({"code/inference.py": script, **(model or {})}, key=f"models/{name}/model.tar.gz")
        container = {
            "Image": LIGHT,
            "ModelDataUrl": url,
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        }
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container | changes, ExecutionRoleArn=ROLE)

    def endpoint_config(self, name: str, model: str, *, serverless: bool = False, concurrency: int = 5) -> None:
        variant: dict[str, Any] = {"VariantName": "all", "ModelName": model}
        if serverless:
            variant["ServerlessConfig"] = {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency}
        else:
            variant |= {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1, "InitialVariantWeight": 1.0}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])

    def endpoint(self, name: str = "endpoint", config: str = "config") -> dict[str, Any]:
        """Create an endpoint; answers its description when it has settled."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.wait_endpoint(name)

    def wait_endpoint(self, name: str = "endpoint") -> dict[str, Any]:
        settled = ("InService", "Failed")
        return wait_for(lambda: self.sagemaker.describe_endpoint(EndpointName=name), "EndpointStatus", settled)

    def invoke(self, body: bytes | str, name: str = "endpoint", **more: Any) -> Any:
        asked = {"ContentType": "application/json", **more}
        return self.clients("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=body, **asked)

    def wait_training(self, name: str = "job") -> dict[str, Any]:
        return wait_for(lambda: self.sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")


def processing_input(name: str, uri: str, **more: Any) -> dict[str, Any]:
    source = {
        "S3Uri": uri,
        "LocalPath": f"/opt/ml/processing/input/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"InputName": name, "S3Input": source | more}


def processing_output(name: str, uri: str) -> dict[str, Any]:
    target = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/output/{name}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "S3Output": target}


def channel(name: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def packed(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, body in files.items():
            data = body.encode() if isinstance(body, str) else body
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o755
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def interrupt(cloud: Cloud, job: str) -> dict[str, str]:
    """Take a spot job's machine away."""
    gateway = cloud.server.gateway
    headers = authorization(gateway.token.owner)
    told: dict[str, str] = call(gateway.endpoint, "POST", "interrupt", timeout=10, headers=headers, given={"job": job})
    return told


def wait_for(
    describe: Callable[[], dict[str, Any]], member: str, ended: tuple[str, ...] = ENDED, timeout: float = 90
) -> dict[str, Any]:
    """Poll until a status is final; fails with the last description when that takes too long."""
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        found = describe()
        if found[member] in ended:
            return found
        time.sleep(0.02)
    raise AssertionError(f"still {found[member]}: {found}")


def wheel(name: str, version: str, source: str) -> bytes:
    """The smallest wheel that pip installs."""
    buffer = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": source,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))
    return buffer.getvalue()


@pytest.fixture
def make_wheel() -> Callable[[str, str, str], bytes]:
    return wheel


@pytest.fixture
def make_cloud() -> type[Cloud]:
    return Cloud
