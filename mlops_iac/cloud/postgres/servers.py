"""The servers of clusters: started when a cluster is first asked, stopped with the cloud.

What PostgreSQL said was committed is in its own write-ahead log, not in the cloud's snapshots, and so outlives any end
of the process. A deleted cluster's folder goes when the state without the cluster is on disk for certain: when the
cloud stops, or when it starts again.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mlops_iac.cloud.keeping import has_unread
from mlops_iac.cloud.postgres.binaries import as_no_root, find_folder, major
from mlops_iac.cloud.wire import AwsError

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

FOLDER: Final = "postgres"
OWNER: Final = "rdsadmin"
"""The superuser, as on AWS. The master is none: with a superuser's rights, SQL could run programs of this machine."""
START_TIMEOUT: Final = 30.0
STOP_TIMEOUT: Final = 10.0
WATCHED: Final = '"$@" & server=$!; read -r _; kill -INT $server; wait $server'
"""The server ends with this process, however that ends: then its pipe is closed."""


@dataclass(frozen=True, kw_only=True)
class Server:
    process: subprocess.Popen[bytes]
    socket: Path
    master: str

    def connect(self, user: str, database: str, password: str | None = None) -> Any:
        from pg8000.native import Connection

        socket = str(self.socket / ".s.PGSQL.5432")
        return Connection(user, password=password, database=database, unix_sock=socket)

    def stop(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.socket, ignore_errors=True)


class Servers:
    """By the cluster's resource id."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._open: dict[str, Server] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        self._gateway.on_restore(self.sweep)
        self._gateway.on_reset(self.forget)
        self._gateway.on_stop(self._stop)

    @property
    def folder(self) -> Path:
        return self._gateway.home / FOLDER

    def get(self, id: str, *, master: str, database: str | None) -> Server:
        """The running server of a cluster; its folder is made when it is first asked for."""
        with self._lock:
            if id not in self._open or not _answers(self._open[id]):
                self._open[id] = self._start(id, master, database)
            return self._open[id]

    def sweep(self) -> None:
        """Delete what no cluster has. Where a state lies that could not be read, it may have one, so all stays."""
        if not self.folder.exists() or has_unread(self._gateway.home):
            return
        known = _known()
        for path in self.folder.iterdir():
            if path.name not in known:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def forget(self) -> None:
        self._close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _stop(self) -> None:
        self._close()
        self.sweep()

    def _close(self) -> None:
        with self._lock:
            for one in self._open.values():
                one.stop()
            self._open.clear()

    def _start(self, id: str, master: str, database: str | None) -> Server:
        binaries = find_folder()
        assert binaries, "who asks has looked"
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = self.folder / id
        if not data.exists():
            self._make(binaries, data, master, database)
        written, here = (data / "PG_VERSION").read_text().strip(), major(binaries)
        if written != here:
            raise _unavailable(f"PostgreSQL {written} wrote the cluster's files, and {here} is installed")
        socket = Path(tempfile.mkdtemp(prefix="mlops-iac-"))  # a socket's path has 107 bytes at most
        with (self.folder / f"{id}.log").open("ab") as log:
            process = _spawn(binaries, data, socket, log)
        server = Server(process=process, socket=socket, master=master)
        try:
            _wait(server)
        except AwsError:
            server.stop()
            raise
        return server

    def _make(self, binaries: Path, data: Path, master: str, database: str | None) -> None:
        """In a folder beside it first, so that a half-made one is never taken for a cluster's."""
        new = data.with_name(f"{data.name}.{secrets.token_hex(4)}")
        options = ["-U", OWNER, "-E", "UTF8", "--locale=C", "--auth-local=scram-sha-256", "--auth-host=reject"]
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(secrets.token_urlsafe(32))
            password.flush()
            command = [*as_no_root(), str(binaries / "initdb"), "-D", str(new), f"--pwfile={password.name}", *options]
            made = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        if made.returncode:
            shutil.rmtree(new, ignore_errors=True)
            raise _unavailable(made.stderr)
        # Only who reaches the socket, which lies in a folder of this user's, connects at all.
        (new / "pg_hba.conf").write_text(f"local all {OWNER} trust\nlocal all all scram-sha-256\n")
        socket = Path(tempfile.mkdtemp(prefix="mlops-iac-"))
        server = Server(process=_spawn(binaries, new, socket, subprocess.DEVNULL), socket=socket, master=master)
        try:
            _wait(server)
            _fill(server, master, database)
        finally:
            server.stop()
        new.rename(data)


def _spawn(binaries: Path, data: Path, socket: Path, log: Any) -> subprocess.Popen[bytes]:
    settings = ["-clisten_addresses=", f"-cunix_socket_directories={socket}", "-cunix_socket_permissions=0700"]
    command = [str(binaries / "postgres"), "-D", str(data), *settings]
    shell = [*as_no_root(), "/bin/sh", "-c", WATCHED, "sh", *command]
    return subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)


def _wait(server: Server) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(server):
        if time.monotonic() > deadline:
            raise _unavailable(f"it did not answer within {START_TIMEOUT:.0f} seconds")
        time.sleep(0.05)


def _answers(server: Server) -> bool:
    from pg8000.exceptions import DatabaseError, InterfaceError

    try:
        server.connect(OWNER, "postgres").close()
    except (DatabaseError, InterfaceError, OSError):
        return False
    return True


def _fill(server: Server, master: str, database: str | None) -> None:
    from pg8000.native import identifier

    connection = server.connect(OWNER, "postgres")
    try:
        connection.run("CREATE ROLE rds_superuser NOLOGIN")
        connection.run(f"CREATE ROLE {identifier(master)} LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser")
        if database and database != "postgres":
            connection.run(f"CREATE DATABASE {identifier(database)} OWNER {identifier(master)}")
    finally:
        connection.close()


def _known() -> set[str]:
    """Folders and logs of the clusters that there are."""
    if "moto.rds.models" not in sys.modules:
        return set()  # nothing was restored
    from moto.rds.models import rds_backends

    ids = {
        cluster.db_cluster_resource_id
        for account in rds_backends.values()
        for backend in account.values()
        for cluster in backend.clusters.values()
    }
    return ids | {f"{id}.log" for id in ids}


def _unavailable(why: str) -> AwsError:
    lines = why.strip().splitlines()
    return AwsError("DatabaseUnavailableException", f"PostgreSQL did not start: {lines[-1] if lines else why}.", 504)
