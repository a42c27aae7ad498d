"""One Airflow environment: its own REST API on a socket, and what makes its runs go on. A script of its own, in
Airflow's interpreter.

Usage: ``python airflow_host.py serve FOLDER``, ``python airflow_host.py prepare FOLDER``; FOLDER is AIRFLOW_HOME.

Beside it lies ``airflow_scheduler.py``. Standard library and Airflow only.
"""

from __future__ import annotations

import os
import socketserver
import sys
from pathlib import Path
from typing import Any

API = "/api/v1"
BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another: SQLite has one at a time."""


def main() -> None:
    command, folder = sys.argv[1:3]
    prepare_airflow()
    if command == "prepare":
        prepare()
        return
    from airflow_scheduler import Scheduler

    pid = os.fork()
    if not pid:
        serve(Path(folder) / "api.sock")
        os._exit(0)
    Scheduler(Path(folder)).run()


def prepare_airflow() -> None:
    """Import what every task needs, once, before processes are forked."""
    from airflow import settings
    from airflow.providers.fab.auth_manager import models  # noqa: F401 - a note of a task refers to its table
    from sqlalchemy import event

    def prepare_connection(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")

    event.listen(settings.engine, "connect", prepare_connection)


def prepare() -> None:
    """A database that has its tables and its API's permissions: what every environment begins with."""
    from airflow import settings
    from airflow.utils.db import initdb
    from airflow.www.app import create_app

    initdb()
    create_app(testing=True)
    with settings.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def serve(place: Path) -> None:
    """Airflow's own API, over a socket that only this cloud reaches."""
    from airflow.www.app import create_app
    from werkzeug.serving import WSGIRequestHandler

    app = create_app(testing=True)

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.0"

        def address_string(self) -> str:
            return "local"

        def log(self, type: str, message: str, *args: Any) -> None:
            """Requests are not logged."""

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        multithread, multiprocess, passthrough_errors = True, False, False
        ssl_context, daemon_threads = None, True
        host, port, server_port = "localhost", 80, 80

        def log(self, type: str, message: str, *args: Any) -> None:
            print(f"{type}: {message % args if args else message}", flush=True)

    os.chdir(place.parent)  # the name of a socket is short
    place.unlink(missing_ok=True)
    server = Server(place.name, Handler)
    server.app = app  # type: ignore[attr-defined]
    server.server_address = ("localhost", 80)  # type: ignore[assignment]
    print("READY", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
