"""One MLflow server: a process on a unix socket, with its database in the cloud's folder and its role's credentials."""

from __future__ import annotations

import http.client
import logging
import os
import shutil
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.endpoints.serving import Response, UnixConnection
from mlops_iac.cloud.jobs.process import Process, bare_environment
from mlops_iac.cloud.mlflow.environment import mlflow_environment
from mlops_iac.cloud.wire import AwsError

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

SCRIPT: Final = Path(__file__).with_name("serve_mlflow.py")
SERVICE: Final = "sagemaker.amazonaws.com"
START_TIMEOUT: Final = 180.0
"""Seconds until it answers: it makes its database first, a dozen migrations."""
ANSWER_TIMEOUT: Final = 60.0
FRESH: Final = 45 * 60.0
"""Seconds after which a server is started anew: the credentials of its role last an hour."""

log = logging.getLogger("mlops_iac.cloud")


class Server:
    """Started by the first request, and again when its credentials grow old."""

    def __init__(self, gateway: Gateway, folder: Path, app: Mapping[str, Any], region: str) -> None:
        self._gateway, self._folder, self._app, self._region = gateway, folder, app, region
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._place: Path | None = None
        self._since = 0.0
        self._last: deque[str] = deque(maxlen=12)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """One request, to a server that answers. Raises `AwsError` when it cannot be started."""
        with self._lock:
            if self.running and time.monotonic() - self._since > FRESH:
                self.stop()
            if not self.running:
                self._start()
        return self._send(method, path, body, headers, ANSWER_TIMEOUT)

    def stop(self) -> None:
        if self._process and self._process.running:
            self._process.stop(grace=3)
        if self._place:
            shutil.rmtree(self._place, ignore_errors=True)
        self._process = self._place = None

    def _start(self) -> None:
        environment = mlflow_environment()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The path of a unix socket may have about a hundred characters, and a project's folder may be deep.
        self._place = Path(tempfile.mkdtemp(prefix="mlops-iac-"))
        role = self._gateway.roles.assume(self._app["RoleArn"], SERVICE, "mlflow")
        variables = (
            bare_environment(environment.search_path, str(self._place), self._gateway.endpoint, self._region)
            | role.variables()
        )
        command = [
            str(environment.python), str(SCRIPT), str(self._socket), str(self._folder / "mlflow.db"),
            self._app["ArtifactStoreUri"],
        ]  # fmt: skip
        self._process = Process(command, variables, self._last.append, grace=3)
        try:
            self._process.start()
            self._wait()
        except BaseException:
            self.stop()
            raise
        os.chmod(self._folder / "mlflow.db", 0o600)
        self._since = time.monotonic()

    @property
    def _socket(self) -> Path:
        assert self._place is not None
        return self._place / "mlflow.sock"

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_TIMEOUT
        while time.monotonic() < until:
            if self._socket.exists() and self._is_healthy():
                return
            if not self._process.running:
                break
            time.sleep(0.05)
        said = " ".join(list(self._last)[-3:])
        log.warning("MLflow could not be started: %s", said)
        raise AwsError("InternalFailure", f"The MLflow server could not be started: {said}", 500)

    def _is_healthy(self) -> bool:
        try:
            return self._send("GET", "/health", b"", {}, 5).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        connection = UnixConnection(self._socket, timeout)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Response(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
        finally:
            connection.close()
