"""An embedded cloud in this process, behind the embedded backend."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cloud import services
from mlops_iac.cloud.server import Server
from tests.conftest import make_project

STACK = "screening-dev"


class Cloud:
    """An embedded cloud in this process: starts as slowly as a test wants, and remembers what it was asked."""

    def __init__(self, home: Path) -> None:
        services.reset()
        self.server = Server(home)
        self.starts = 0
        self.slow = 0.0
        self.broken: Exception | None = None
        self.is_empty = False
        self.saves = 0
        self.answering = threading.Event()
        self.asked: list[tuple[str, str, bool]] = []
        """Service, operation, and whether it changes anything."""
        self.early = 0
        """Requests that came before the cloud was said to be started."""
        through = self.server.gateway._through_hooks

        def listen(request: Any) -> Any:
            self.asked.append((request.service, request.operation, request.changes))
            self.early += not self.answering.is_set()
            return through(request)

        self.server.gateway._through_hooks = listen
        self.server.start()

    def start(self) -> None:
        self.starts += 1
        time.sleep(self.slow)
        if self.broken:
            raise self.broken
        self.answering.set()

    @property
    def is_unclean(self) -> bool:
        return self.server.keeper.unclean

    def told(self) -> None:
        self.server.keeper.unclean = False

    def save(self) -> None:
        self.saves += 1
        assert self.server.save()

    def clients(self, region: str) -> Any:
        return self.server.gateway.clients(region)

    clients_sending_once = clients

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(service, operation) for service, operation, changes in self.asked if changes]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("embedded") / "project")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path_factory.mktemp("cloud"))
    yield cloud
    cloud.server.stop()


@pytest.fixture
def backend(root: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> EmbeddedBackend:
    monkeypatch.setattr(EmbeddedBackend, "cloud", property(lambda self: cloud))
    return EmbeddedBackend(root, STACK)
