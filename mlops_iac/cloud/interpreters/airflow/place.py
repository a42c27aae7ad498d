"""One environment's Airflow: its process, its folder, and the DAG files that it was given.

The folder holds Airflow's own database, which is where its runs are: it stays when the process ends, or is killed. The
process is started by the first who asks, and when this cloud starts while a run is under way.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import logging
import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from mlops_iac.clients import Clients
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.interpreters.airflow import versions
from mlops_iac.cloud.jobs.enter import enter
from mlops_iac.cloud.jobs.mounts import make_view
from mlops_iac.cloud.jobs.process import Process
from mlops_iac.cloud.jobs.reach import Reach
from mlops_iac.cloud.jobs.workspace import remove_all

log = logging.getLogger("mlops_iac.cloud")

START_SECONDS: Final = 180
READ_SECONDS: Final = 120
API: Final = "/api/v1"
AIRFLOW: Final = "/opt/ml/airflow"
"""Where the process finds its folder."""
CHECK_SECONDS: Final = "1"
"""Between two looks of a task at its job: a laptop's jobs are short."""
STATES: Final = ("queued", "running")


Begin = Callable[[], tuple[Clients, Reach, Mapping[str, str]]]
Tell = Callable[[str, str, str], None]
"""DAG, run, and ``RUNNING`` or ``OVER``."""
RUN: Final = "MLOPS_IAC_RUN "
"""How a line of the host begins that tells of a run."""


class AirflowFailed(Exception):
    """The process did not start, or did not answer; the message says why."""


class _View:
    """What `enter` needs of a workspace. This one stays, but for what a process before built of its root."""

    def __init__(self, root: Path) -> None:
        for name in ("stage", "changes", "tmp"):
            if (root / name).exists():
                remove_all(root / name)
        self.root, self.aside = root, root / "aside"
        self.aside.mkdir(parents=True, exist_ok=True)
        self.view = make_view(root)


class Place:
    """Made for an environment that exists."""

    def __init__(self, gateway: Gateway, root: Path, start: Begin, tell: Tell) -> None:
        """``start`` answers what the process begins with: its role's clients, its network, its settings. ``tell`` is
        told which runs begin, and which are over."""
        self._gateway, self._root, self._start_with, self._tell = gateway, root, start, tell
        self._under_way: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._process: Process | None = None
        self._lines: list[str] = []
        self._ready = threading.Event()
        self._numbers = itertools.count(1)
        self._known: dict[str, str] = {}

    @property
    def folder(self) -> Path:
        return self._root / "ml" / "airflow"

    def is_busy(self) -> bool:
        """Whether a run is under way, as its database says; it is asked while no process runs."""
        database = self.folder / versions.DATABASE
        if not database.is_file():
            return False
        with contextlib.closing(sqlite3.connect(database, timeout=30)) as connection:
            asked = f"select count(*) from dag_run where state in ({','.join('?' * len(STATES))})"  # noqa: S608
            return bool(connection.execute(asked, STATES).fetchone()[0])

    def ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> tuple[int, Any]:
        """Airflow's own answer: status and document. Raises AirflowFailed."""
        self.start()
        where = f"{API}{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        text = None if body is None else json.dumps(body)
        with contextlib.closing(_Connection(self.folder / "api.sock")) as connection:
            try:
                connection.request(method, where, text, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                told = answer.read()
            except OSError as error:
                raise AirflowFailed(f"Airflow does not answer: {error}. {self._last()}") from error
        try:
            return answer.status, json.loads(told) if told else None
        except ValueError:
            return answer.status, {"detail": told.decode("utf-8", "replace")[:500]}

    def give(self, files: Mapping[str, tuple[str, Callable[[], bytes]]]) -> dict[str, str]:
        """The DAG files as they are now: name to version and to what reads it. Answers what is wrong with each."""
        versions_now = {name: version for name, (version, _) in files.items()}
        with self._lock:
            if versions_now == self._known and self._is_alive():
                return {}
        self.start()
        with self._lock:
            dags = self.folder / "dags"
            for name in self._known.keys() - files.keys():
                (dags / name).unlink(missing_ok=True)
            for name, (_, read) in files.items():
                place = dags / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(read())
            faults = self._synchronise()
            self._known = versions_now
            return faults

    def _synchronise(self) -> dict[str, str]:
        number, answer = f"{os.getpid()}-{next(self._numbers)}", self.folder / "sync.done"
        (self.folder / "sync.asked.new").write_text(number)
        (self.folder / "sync.asked.new").rename(self.folder / "sync.asked")
        until = time.monotonic() + READ_SECONDS
        while time.monotonic() < until and self._is_alive():
            with contextlib.suppress(OSError, ValueError):
                told = json.loads(answer.read_text())
                if told["number"] == number:
                    return dict(told["faults"])
            time.sleep(0.05)
        raise AirflowFailed(f"Airflow did not read the DAG files. {self._last()}")

    # The process --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        with self._lock:
            if not self._is_alive():
                self._begin()
        if not self._ready.wait(START_SECONDS) or not self._is_alive():
            raise AirflowFailed(f"Airflow did not start. {self._last()}")

    def stop(self) -> None:
        """Airflow's database stays as it is; what runs has failed when it starts again."""
        process = self._process
        if process is not None:
            process.stop(grace=2)
            process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        if self._root.exists():
            remove_all(self._root)

    def _is_alive(self) -> bool:
        return self._process is not None and self._process.running

    def _begin(self) -> None:
        environment = versions.airflow_environment()
        workspace: Any = _View(self._root)
        self._furnish(environment)
        clients, reach, settings = self._start_with()
        view = workspace.view
        home = view.path(AIRFLOW)
        variables = {
            **versions.SETTINGS,
            **settings,
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__DAGS_FOLDER": f"{home}/dags",
            "AIRFLOW__MLOPS_IAC__CHECK_SECONDS": CHECK_SECONDS,
            "HOME": view.home,
            "TMPDIR": view.temporary,
            **(clients.credentials.variables() if clients.credentials else {}),
        }
        self._ready.clear()
        self._lines.clear()
        self._known = {}
        self._process = enter(
            self._gateway,
            [str(environment.python), f"{home}/{versions.HOST.name}", "serve", home],
            environment,
            workspace,
            reach,
            variables,
            self._hear,
            folder=AIRFLOW,
            grace=2,
        )
        self._process.start()
        threading.Thread(target=self._watch, args=(self._process,), name="airflow", daemon=True).start()

    def _furnish(self, environment: Any) -> None:
        """The folder as Airflow wants to find it; a database that is there is kept."""
        (self.folder / "dags").mkdir(parents=True, exist_ok=True)
        for name in ("api.sock", "sync.asked", "sync.done"):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / "webserver_config.py").write_text(versions.WEBSERVER)
        for script in (versions.HOST, versions.SCHEDULER):
            shutil.copy(script, self.folder)
        database = self.folder / versions.DATABASE
        if not database.is_file():
            aside = database.with_suffix(".new")
            shutil.copy(versions.prepared_database(environment), aside)
            aside.rename(database)

    def _hear(self, line: str) -> None:
        if line == "READY":
            self._ready.set()
            return
        if line.startswith(RUN):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                told = json.loads(line.removeprefix(RUN))
                self.say(told["dag"], told["run"], told["status"])
            return
        self._lines.append(line)
        del self._lines[:-200]
        log.debug("airflow: %s", line)

    def _watch(self, process: Process) -> None:
        process.wait()
        self._ready.set()  # nobody waits for what has ended
        for dag, run in list(self._under_way):
            self.say(dag, run, "OVER")

    def say(self, dag: str, run: str, status: str) -> None:
        (self._under_way.discard if status == "OVER" else self._under_way.add)((dag, run))
        self._tell(dag, run, status)

    def _last(self) -> str:
        return " ".join(self._lines[-3:])


class _Connection(http.client.HTTPConnection):
    """To a socket, by a short name: the system takes about a hundred characters of one."""

    def __init__(self, place: Path) -> None:
        super().__init__("localhost", timeout=READ_SECONDS)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(READ_SECONDS)
        folder = os.open(self._place.parent, os.O_RDONLY)
        try:
            short = Path(f"/proc/self/fd/{folder}")
            self.sock.connect(str(short / self._place.name if short.exists() else self._place))
        finally:
            os.close(folder)
