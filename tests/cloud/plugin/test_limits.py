"""Calls that take too long, errors that nobody foresaw, and the port."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from mlops_iac.cloud.plugin.callers import OwnCallersOnly
from mlops_iac.cloud.plugin.refusals import status_of
from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.plugin.time_limit import within
from mlops_iac.core.errors import CloudError, UsageError
from mlops_iac.engine.handler import Created
from tests.cloud.plugin.conftest import LOG, Engine
from tests.support.one_package import OnePackage


class Slow(OnePackage):
    """A provider of one kind of resource that takes its time, or breaks."""

    type = "aws:cloudwatch/logGroup:LogGroup"
    breaks = False

    def handler(self, type: str) -> Any:
        return self

    def secrets(self) -> frozenset[str]:
        return frozenset()

    def create(self, scope: Any, inputs: Any) -> Created:
        if self.breaks:
            raise ZeroDivisionError("nobody thought of this")
        time.sleep(0.5)
        return Created("made", {})


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def engine(slow: Slow) -> Iterator[Engine]:
    server = PluginServer(slow)  # type: ignore[arg-type]
    server.start()
    engine = Engine(server.port)
    yield engine
    engine.channel.close()
    server.stop()


def test_a_create_that_takes_too_long_leaves_the_engine_unsure(engine: Engine) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(LOG, {}, timeout=0.05)
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "log was not done after 0.05 s" in caught.value.details()
    assert engine.create(LOG, {}, timeout=60)[0] == "made"


def test_a_bug_of_ours_says_so_and_leaves_the_engine_unsure(slow: Slow, engine: Engine) -> None:
    slow.breaks = True
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(LOG, {})
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "This is a bug in mlops-iac" in caught.value.details()
    assert "nobody thought of this" in caught.value.details()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CloudError("Cloud refused a request."), grpc.StatusCode.FAILED_PRECONDITION),
        (CloudError("The answer was lost.", unsure=True), grpc.StatusCode.INTERNAL),
        (KeyError("x"), grpc.StatusCode.INTERNAL),
    ],
)
def test_the_code_says_whether_anything_may_have_happened(error: Exception, code: grpc.StatusCode) -> None:
    assert status_of(error)[0] is code


def test_a_limit_of_nothing_is_no_limit_and_errors_pass_through() -> None:
    assert within(0, "create", LOG, lambda: 1) == 1
    assert within(5, "create", LOG, lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        within(5, "create", LOG, lambda: 1 / 0)


def test_a_port_that_is_taken_is_refused(slow: Slow) -> None:
    first = PluginServer(slow)  # type: ignore[arg-type]
    first.start()
    with pytest.raises(UsageError, match="The port is taken"):
        PluginServer(slow, first.port)  # type: ignore[arg-type]
    first.stop()


def test_another_persons_process_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_iac.cloud.plugin.callers.is_own_connection", lambda client, server: False)
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(LOG, {})
    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_the_caller_is_looked_up_by_both_ends_of_its_connection(
    slow: Slow, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def look_up(client: tuple[str, int], server: tuple[str, int]) -> bool:
        asked.append((client, server))
        return True

    monkeypatch.setattr("mlops_iac.cloud.plugin.callers.is_own_connection", look_up)
    callers = OwnCallersOnly(lambda: 7)
    assert callers._is_own("ipv4:127.0.0.2:9")
    assert callers._is_own("ipv6:%5B::ffff:127.0.0.3%5D:9")
    assert asked == [(("127.0.0.2", 9), ("127.0.0.1", 7)), (("::ffff:127.0.0.3", 9), ("127.0.0.1", 7))]
    assert not callers._is_own("unix:/tmp/anything:9")
    asked.clear()
    engine.create(LOG, {})
    (client, server), *_ = asked
    assert (client[0], server[0]) == ("127.0.0.1", "127.0.0.1")
    assert 0 < client[1] != server[1] > 0


def test_it_says_how_the_cli_finds_it(slow: Slow) -> None:
    server = PluginServer(slow)  # type: ignore[arg-type]
    assert server.environment == {"PULUMI_DEBUG_PROVIDERS": f"aws:{server.port}"}
    server.stop()
