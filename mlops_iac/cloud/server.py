"""The embedded cloud's HTTP server: moto behind our gateway, on loopback, with state that outlives the process."""

from __future__ import annotations

import functools
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from wsgiref.handlers import SimpleHandler

from mlops_iac import __version__
from mlops_iac.cloud import apigateway, moto_patches, relay, services, token
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.home import Home
from mlops_iac.cloud.iam import assuming
from mlops_iac.cloud.incoming import Incoming
from mlops_iac.cloud.interpreters import airflow
from mlops_iac.cloud.keeping import Keeper
from mlops_iac.cloud.private_files import write_private
from mlops_iac.core.errors import CloudError
from mlops_iac.core.peers import is_own_connection

LOOPBACK: Final = "127.0.0.1"
"""The only address anything of ours listens on."""

STOP_POLL: Final = 0.1
"""Seconds between two looks at whether to stop serving."""

STATUS_WAIT: Final = 8.0
"""Seconds that a question for the status waits for the state to be restored."""

Install = Callable[[Gateway], None]

log = logging.getLogger("mlops_iac.cloud")


class Server:
    """One embedded cloud in this process. moto's state is global, so there can be one per process.

    >>> server = Server(home, installs=(jobs.install, endpoints.install))
    >>> server.start(); server.gateway.clients("eu-west-1")("s3").list_buckets(); server.stop()
    """

    def __init__(self, home: Path, *, installs: Iterable[Install] = ()) -> None:
        self.home = Home(home)
        self.gateway = Gateway(home, _make_moto(), token.keep(home))
        self.keeper = Keeper(self.home, self.gateway)
        self.gateway.own.update(
            {
                ("GET", "health"): self.health,
                ("GET", "status"): self.status,
                ("POST", "save"): self._save_on_request,
                ("POST", "told"): self._told_on_request,
                ("POST", "reset"): self._reset_on_request,
                ("POST", "stop"): self._stop_on_request,
            }
        )
        moto_patches.apply(self.gateway)
        assuming.install(self.gateway)
        relay.install(self.gateway)
        airflow.install(self.gateway)
        apigateway.install(self.gateway)
        for install in installs:
            install(self.gateway)
        self.stopping = threading.Event()
        """Set when somebody asked this server to stop; whoever runs it then calls `stop`."""
        self._started = time.time()
        self._wsgi: Any = None
        self._restored = ""

    # Life ---------------------------------------------------------------------------------------------------------

    def start(self) -> str:
        """Listen, restore the last snapshot, answer; returns the endpoint."""
        endpoint = self.listen()
        self.restore()
        return endpoint

    def listen(self) -> str:
        """Open the port and tell our own API's callers; everybody else waits until `restore` is done."""
        self._wsgi = _listen(self.gateway, _read_port(self.home.path))
        port = self._wsgi.server_port
        os.environ["MOTO_PORT"] = str(port)  # moto's own callbacks use it
        write_private(self.home.path / "port", str(port))
        self.gateway.endpoint = f"http://{LOOPBACK}:{port}"
        serve = functools.partial(self._wsgi.serve_forever, poll_interval=STOP_POLL)
        threading.Thread(target=serve, name="cloud-serve", daemon=True).start()
        return self.gateway.endpoint

    def restore(self) -> None:
        """Load the last state and let requests in.

        moto's state belongs to the process: what another cloud of this process left there is not this one's, and its
        objects' bodies lie in another folder.
        """
        services.reset()
        self._restored = self.keeper.restore()
        if self._restored.startswith("restored"):
            services.prepare_loaded(self.gateway)
            self.gateway.tell("restore")
        self.gateway.ready.set()
        self.gateway.tell("start")
        for name, work in (("save", self._save_changes), ("import", self._import_services)):
            threading.Thread(target=work, name=f"cloud-{name}", daemon=True).start()

    def stop(self) -> None:
        """Stop answering, stop what runs, save. Before the last state is restored there is nothing to stop or save."""
        self.stopping.set()
        if self.gateway.ready.is_set():
            self.gateway.tell("stop")
        self.gateway.closed = True
        if self._wsgi is not None:
            self._wsgi.shutdown()
            self._wsgi.server_close()
        self.save()
        self.gateway.database.close()
        self.gateway.stop_preparing()

    def reset(self) -> None:
        """Forget everything, as if the account were new."""
        self.gateway.tell("reset")
        with self.gateway.locked():
            services.reset()
            self.gateway.store.clear()
        self.gateway.touch()

    def save(self) -> bool:
        """Write a snapshot of what changed now. False when it failed; then the last one is as it was."""
        return self.keeper.save()

    # What is told -------------------------------------------------------------------------------------------------

    def health(self) -> dict[str, Any]:
        return {
            "service": "mlops-iac",
            "version": __version__,
            "pid": os.getpid(),
            "home": str(self.home.path),
            "unclean": self.keeper.unclean,
        }

    def status(self) -> dict[str, Any]:
        """What it is and what runs in it, once the last state is there."""
        self.gateway.ready.wait(STATUS_WAIT)
        fault = self.gateway.disk.failed
        return {
            **self.health(),
            "started": self._started,
            "memory_bytes": _resident_bytes(),
            "snapshot": self._restored,
            **({"not_saved": fault} if fault else {}),
            **{name: fn() for name, fn in self.gateway.reports.items()},
        }

    # Inside -------------------------------------------------------------------------------------------------------

    def _import_services(self) -> None:
        services.import_all(self.gateway)

    def _save_changes(self) -> None:
        self.keeper.save_changes(self.stopping)

    def _save_on_request(self) -> dict[str, Any]:
        saved = self.save()
        return {"saved": saved, "fault": self.gateway.disk.failed}

    def _told_on_request(self) -> dict[str, Any]:
        """Somebody was told that the process before ended without saving, and has seen to it."""
        self.keeper.unclean = False
        return {"unclean": False}

    def _reset_on_request(self) -> dict[str, Any]:
        self.reset()
        self.save()
        return {"reset": True}

    def _stop_on_request(self) -> dict[str, Any]:
        self.stopping.set()
        return {"stopping": True}


def _make_moto() -> Any:
    """moto's WSGI application, configured: no docker, state machines really execute, no CORS for web pages."""
    os.environ.pop("MOTO_ACCOUNT_ID", None)  # it would override the account that a request names
    os.environ.update({"MOTO_DISABLE_GLOBAL_CORS": "true", "MOTO_ACM_VALIDATION_WAIT": "0"})
    from moto.core.config import default_user_config
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
    return DomainDispatcherApplication(create_backend_app)


def _listen(gateway: Gateway, port: int) -> Any:
    """A threaded HTTP/1.1 server on loopback; on the port given, or the next free one when that is taken."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class Handler(MotoRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            if is_own_connection(self.client_address, self.connection.getsockname()):
                super().handle()

        def run_wsgi(self) -> None:
            """Answer one request and leave the connection open.

            werkzeug's own way closes each connection, because it throws away whatever follows on it; on an open
            connection that is the next request. The gateway reads every body to its end, so nothing is left over.
            """
            self.environ = self.make_environ()
            waits = self.headers.get("Expect", "").strip().lower() == "100-continue"
            stream = self.environ["wsgi.input"]
            body: Any = Incoming(stream, _length_of(self.environ), self.wfile if waits else None)
            self.environ["wsgi.input"] = body
            answer = _Answer(body, self.wfile, sys.stderr, self.environ, multithread=True)
            try:
                answer.run(self.server.app)
            finally:
                if answer.is_open_ended or body.is_left:
                    self.close_connection = True

        def handle_expect_100(self) -> bool:
            """Whoever takes the body asks for it."""
            return True

        def log(self, type: str, message: str, *args: Any) -> None:
            """Requests are not logged: a deployment makes hundreds."""

    for candidate in [*range(port, min(port + 20, 65536)), 0] if port else [0]:
        if candidate and not _is_free(candidate):
            continue
        try:
            return make_server(LOOPBACK, candidate, gateway, threaded=True, request_handler=Handler)
        except (OSError, SystemExit) as error:  # werkzeug exits when a port was taken in between
            log.warning("Port %s cannot be used: %s", candidate, error)
    raise CloudError(
        "No free port on loopback.",
        f"Ports {port} to {port + 19} were tried, and any free one.",
        hint="end a program that listens on many ports.",
    )


def _length_of(environ: Mapping[str, Any]) -> int | None:
    """Bytes of a request's body; None when it comes in chunks. A length that is no number is none, as for werkzeug."""
    if environ.get("wsgi.input_terminated"):
        return None
    announced = str(environ.get("CONTENT_LENGTH") or "")
    return int(announced) if announced.isdecimal() else 0


class _Answer(SimpleHandler):
    """One response on a connection that stays open."""

    http_version = "1.1"
    server_software = "mlops-iac"

    is_open_ended = True
    """True when only the end of the connection tells the client where the body ends."""

    def close(self) -> None:
        """Remember how the answer ended before wsgiref forgets its headers."""
        headers: Any = getattr(self, "headers", None)
        self.is_open_ended = headers is None or "Content-Length" not in headers
        super().close()

    def send_preamble(self) -> None:
        super().send_preamble()
        body: Any = self.stdin
        if body.is_left:
            self._write(b"Connection: close\r\n")

    def log_exception(self, exc_info: Any) -> None:
        log.error("A request failed.", exc_info=exc_info)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _read_port(home: Path) -> int:
    """The port used last time, because queue URLs and open terminals hold it; 0 when there is none."""
    try:
        port = int((home / "port").read_text())
    except (OSError, ValueError):
        return 0
    return port if 0 < port < 65536 else 0


def _resident_bytes() -> int:
    """Memory of this process now where the system tells it (Linux), else its peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
