"""One embedded cloud in this process, for both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlops_iac.cloud import autoscaling, services
from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.cloud.server import Server
from tests.support.installs import INSTALLS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    services.reset()
    server = Server(tmp_path_factory.mktemp("cloud"), installs=(*INSTALLS, autoscaling.install))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def cloud(server: Server) -> Server:
    """The same cloud, empty."""
    services.reset()
    return server


@pytest.fixture
def plugin(cloud: Server) -> Iterator[PluginServer]:
    server = PluginServer(EmbeddedProvider(cloud.gateway.clients))
    server.start()
    yield server
    server.stop()
