"""One model, served by one process: started, asked, stopped. Endpoints and transform jobs are made of these."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from mlops_iac.cloud.jobs.enter import enter
from mlops_iac.cloud.jobs.failure import JobFailed, last_error
from mlops_iac.cloud.jobs.gpus import here, share_of_type
from mlops_iac.cloud.jobs.host import Host, claim
from mlops_iac.cloud.jobs.process import Process
from mlops_iac.cloud.jobs.s3_transfer import S3Uri, Source, download, unpack
from mlops_iac.cloud.telemetry.instances import Machine, measured

LOAD_TIMEOUT = 480.0
"""Seconds a container has to answer /ping: SageMaker's own limit (eight minutes)."""
INVOCATION_TIMEOUT = 60.0
"""Seconds a model has to answer one invocation, SageMaker's own limit."""
_SERVER = Path(__file__).with_name("model_server.py")
_CONTENT = Path(__file__).with_name("mlops_iac_content.py")
_CODE = "/opt/ml/code"


@dataclass(frozen=True)
class ModelContainer:
    """What a model is served from; SageMaker's ContainerDefinition after model packages are resolved."""

    image: str
    data_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    """EnableNetworkIsolation and VpcConfig, as DescribeModel has them."""
    role: str = ""
    """The role in which the model is fetched and runs."""
    instance_type: str = ""
    """The machine's that it runs on; empty for a serverless variant."""


class Response(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in lower case."""


class InvocationTimedOut(Exception):
    """The model did not answer in time."""


class Serving:
    """A model server. ``start`` raises JobFailed with the reason when the model cannot be loaded."""

    def __init__(
        self,
        host: Host,
        container: ModelContainer,
        log_group: str,
        log_stream: str,
        region: str,
        account: str,
        volume_key: str | None = None,
        published: tuple[str, Mapping[str, str], float] | None = None,
    ) -> None:
        """``published``: namespace, dimensions and period in seconds of its machine's metrics; None: it has none."""
        self._published = published
        self._measuring = contextlib.ExitStack()
        self._host, self._container, self._region, self._account = host, container, region, account
        self._volume_key = volume_key
        self._clients = host.acting(container.role, region)
        self._log = host.log(log_group, log_stream, self._clients)
        self._workspace = host.workspace()
        # The path of a unix socket may have about a hundred characters, and a project's folder may be deep.
        self._folder = Path(tempfile.mkdtemp(prefix="mlops-iac-"))
        self._socket = self._folder / "model.sock"
        self._process: Process | None = None
        self.last_used = time.monotonic()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Fetch the model, build its environment, load it, wait until it answers /ping."""
        try:
            self._start()
        except JobFailed as failure:
            self._log.write(failure.reason)
            self.stop()
            raise
        except BaseException:
            self.stop()
            raise
        self.last_used = time.monotonic()

    def stop(self) -> None:
        """End the process (SIGKILL after five seconds) and remove its folders."""
        if self.running and self._process:
            self._process.stop(grace=5)
        self._measuring.close()
        self._log.close()
        self._workspace.remove()
        shutil.rmtree(self._folder, ignore_errors=True)

    def invoke(self, body: bytes, headers: Mapping[str, str], timeout: float = INVOCATION_TIMEOUT) -> Response:
        """POST /invocations; raises InvocationTimedOut, or OSError when the server is gone."""
        try:
            return self._ask("POST", "/invocations", body, headers, timeout)
        except TimeoutError as error:
            raise InvocationTimedOut from error

    # Starting -----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        model = self._workspace.folder("/opt/ml/model")
        asked = self._container
        claim(
            self._host,
            asked.role,
            self._region,
            image=asked.image,
            key=self._volume_key,
            vpc=bool((asked.network.get("VpcConfig") or {}).get("Subnets")),
        )
        s3 = self._clients("s3")
        if self._container.data_url:
            unpack(_fetch(s3, self._container.data_url, self._workspace.aside / "model"), model, links=False)
        code = self._find_code(s3)
        framework = self._host.framework(self._container.image)
        environment = self._host.environment(self._container.image, code)
        view = self._workspace.view
        reach = self._host.reach(self._container.network, self._region, self._account)
        role = self._container.role
        variables = self._host.variables(environment, self._workspace, self._region, self._account, role)
        gpus = share_of_type(self._container.instance_type, here())
        if gpus.lack:
            self._log.write(f"mlops-iac: {gpus.lack}")
        variables |= {**gpus.variables, **self._container.environment}
        variables["SM_MODEL_DIR"] = view.path("/opt/ml/model")
        if code:
            variables["SAGEMAKER_SUBMIT_DIRECTORY"] = view.path(f"/opt/ml/{code.relative_to(view.folder).as_posix()}")
        self._process = enter(
            self._host.gateway,
            ["python", str(_SERVER), str(self._socket), framework.name],
            environment,
            self._workspace,
            reach,
            variables,
            self._log.write,
            # TorchServe starts its workers in the model's folder; the other containers have no working directory.
            folder="/opt/ml/model" if framework.name == "pytorch" else "/",
            shown=[
                *((str(file), str(file), "ro") for file in (_SERVER, _CONTENT)),
                (str(self._folder), str(self._folder), "rw"),
            ],
        )
        if self._published:
            machine = self._machine(*self._published, gpus.devices)
            self._measuring.enter_context(measured(self._host.gateway, self._process, machine))
        try:
            self._process.start()
        except OSError as error:
            raise JobFailed(f"The model server could not be started: {error}") from error
        self._wait_until_it_answers()

    def _machine(self, namespace: str, dimensions: Mapping[str, str], period: float, devices: Sequence[str]) -> Machine:
        return Machine(
            namespace=namespace,
            dimensions=dimensions,
            instance_type=self._container.instance_type,
            account_id=self._account,
            region=self._region,
            folder=self._workspace.view.root,
            devices=devices,
            period=period,
        )

    def _find_code(self, s3: Any) -> Path | None:
        """The real folder of SAGEMAKER_SUBMIT_DIRECTORY: in the model, or fetched from S3."""
        place = self._container.environment.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
        if place.startswith("s3://"):
            folder = self._workspace.folder(_CODE)
            unpack(_fetch(s3, place, self._workspace.aside / "code"), folder)
            return folder
        try:
            folder = self._workspace.view.real(place or "/opt/ml/model/code")
        except ValueError as error:
            raise JobFailed(f"SAGEMAKER_SUBMIT_DIRECTORY: {error}") from error
        return folder if folder.is_dir() else None

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        limit = time.monotonic() + LOAD_TIMEOUT
        while time.monotonic() < limit:
            if self._socket.exists() and self._pings():
                return
            if not self._process.running:
                self._process.wait(1)
                raise JobFailed(f"The model could not be loaded: {last_error(self._log.last)}")
            time.sleep(0.02)
        raise JobFailed(f"The model did not answer /ping within {LOAD_TIMEOUT:.0f} seconds.")

    def _pings(self) -> bool:
        with contextlib.suppress(OSError):
            return self._ask("GET", "/ping", b"", {}, 5).status == 200
        return False

    def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        connection = UnixConnection(self._socket, timeout)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Response(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
        except http.client.HTTPException as error:
            raise OSError(f"The model server broke off: {error}") from error
        finally:
            connection.close()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _fetch(s3: Any, uri: str, folder: Path) -> Path:
    """One object into a folder; answers the file."""
    download(s3, Source(uri, "S3Object"), folder)
    return folder / S3Uri.parse(uri).key.rsplit("/", 1)[-1]
