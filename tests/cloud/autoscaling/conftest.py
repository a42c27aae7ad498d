"""The cloud of the tests of jobs, which scales too."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud import autoscaling, endpoints, jobs, schedules, telemetry
from mlops_iac.cloud.server import Install

_spec = importlib.util.spec_from_file_location("jobs_conftest", Path(__file__).parent.parent / "jobs" / "conftest.py")
assert _spec
assert _spec.loader
_jobs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_jobs)

server, cloud, make_cloud = _jobs.server, _jobs.cloud, _jobs.make_cloud


@pytest.fixture(scope="module")
def installs() -> tuple[Install, ...]:
    light = (
        lambda gateway: jobs.install(gateway, _jobs.find_light),
        lambda gateway: endpoints.install(gateway, _jobs.find_light),
    )
    return (*light, telemetry.install, schedules.install, autoscaling.install)


@pytest.fixture
def advance(server: Any) -> Callable[[float], None]:
    """Move the clock on by minutes."""

    def move(minutes: float) -> None:
        server.gateway.own["POST", "advance"]({"seconds": 60 * minutes})

    return move


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Poll until something is true; answers it."""

    def look(found: Callable[[], Any]) -> Any:
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            if what := found():
                return what
            time.sleep(0.05)
        raise AssertionError("it did not become true")

    return look
