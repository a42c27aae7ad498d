"""The files that namespaces' tables lie in: one of DuckDB for each, in the folder of the cloud.

A file is written by the statement that changes it, not by the cloud's snapshots, so what was told to be done outlives
any end of the process. A deleted namespace's file goes when the state without the namespace is on disk for certain:
when the cloud stops, or when it starts again.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mlops_iac.cloud.keeping import has_unread
from mlops_iac.cloud.warehouse.database import Database
from mlops_iac.cloud.warehouse.places import NAMESPACES

if TYPE_CHECKING:
    from mlops_iac.cloud.gateway import Gateway

FOLDER: Final = "warehouse"
END: Final = ".duckdb"


class Shelves:
    """By the namespace's id."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._open: dict[str, Database] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        self._gateway.on_restore(self.sweep)
        self._gateway.on_reset(self.forget)
        self._gateway.on_stop(self._stop)

    @property
    def folder(self) -> Path:
        return self._gateway.home / FOLDER

    @property
    def work(self) -> Path:
        """Where files of COPY and UNLOAD are on their way, and nothing else that SQL may read."""
        return self.folder / "work"

    def get(self, namespace: str) -> Database:
        """The database of a namespace; its file is made when it is first asked for."""
        with self._lock:
            if namespace not in self._open:
                self.work.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._open[namespace] = Database(self.folder / f"{namespace}{END}", self.work)
            return self._open[namespace]

    def drop(self, namespace: str) -> None:
        with self._lock:
            found = self._open.pop(namespace, None)
        if found:
            found.close()

    def sweep(self) -> None:
        """Delete what no namespace has. Where a state lies that could not be read, it may have one, so all stays."""
        if not self.folder.exists():
            return
        shutil.rmtree(self.work, ignore_errors=True)
        if has_unread(self._gateway.home):
            return
        known = {one["namespaceId"] for one in self._gateway.store[NAMESPACES].values()}
        for path in self.folder.glob(f"*{END}*"):
            if path.name.partition(".")[0] not in known:
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
                one.close()
            self._open.clear()
