"""The embedded cloud in this process, for the tests of everything under ``mlops_iac/cloud``."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.clients import Clients
from mlops_iac.cloud.gateway import Gateway
from mlops_iac.cloud.server import Install, Server

REGION = "eu-west-1"
WATCHED = ("open", "replace", "rename", "link", "unlink", "fsync", "pwrite", "mkdir")


class Cloud:
    """What the ``cloud`` fixture yields."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @property
    def gateway(self) -> Gateway:
        return self.server.gateway

    @property
    def endpoint(self) -> str:
        return self.gateway.endpoint

    def clients(self, region: str = REGION) -> Clients:
        return self.gateway.clients(region)


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    """Override in a test module to install more: ``return (jobs.install,)``."""
    return ()


@pytest.fixture(scope="module")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Cloud]]:
    """Start an in-process cloud: ``start_cloud(home=…, installs=…)``. moto's state is global and starts empty, so none
    may start beside one that the tests of a module share."""
    started: list[Server] = []
    lasting: list[Server] = []

    def start(home: Path | None = None, installs: tuple[Install, ...] = (), *, lasts: bool = False) -> Cloud:
        from mlops_iac.cloud import services

        assert not lasting, "this would take the state of the module's `cloud`: give the test a module of its own"
        services.reset()
        server = Server(home or tmp_path_factory.mktemp("cloud"), installs=installs)
        started.append(server)
        lasting.extend([server] if lasts else ())
        server.start()
        return Cloud(server)

    yield start
    for server in started:
        if not server.stopping.is_set():
            server.stop()


@pytest.fixture(scope="module")
def cloud(start_cloud: Callable[..., Cloud], installs: tuple[Install, ...]) -> Cloud:
    """One empty embedded cloud for the tests of a module, answering on an ephemeral loopback port."""
    return start_cloud(installs=installs, lasts=True)


class Images:
    """Copies of a cloud's folder as it is before each call that changes anything on disk: what a kill there leaves."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "cloud"
        self.taken: list[tuple[str, Path]] = []
        """The call that comes next, and the copy."""
        self._folder, self._patch, self._taking = folder, pytest.MonkeyPatch(), threading.Lock()

    def begin(self) -> None:
        for name in WATCHED:
            self._watch(name)

    def end(self) -> None:
        self._patch.undo()

    def _watch(self, name: str) -> None:
        original = getattr(os, name)

        def watched(*arguments: Any, **named: Any) -> Any:
            if self.home.exists() and self._taking.acquire(blocking=False):
                try:
                    image = self._folder / f"image-{len(self.taken)}"
                    self.end()
                    shutil.copytree(self.home, image)
                    self.taken.append((name, image))
                except shutil.Error:  # another thread has deleted something meanwhile: the next call is as good
                    shutil.rmtree(image)
                finally:
                    self.begin()
                    self._taking.release()
            return original(*arguments, **named)

        self._patch.setattr(os, name, watched)


@pytest.fixture
def images(tmp_path: Path) -> Iterator[Images]:
    found = Images(tmp_path)
    yield found
    found.end()
