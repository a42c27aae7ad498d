"""``mlops-iac cloud provider`` as a process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cloud.plugin.conftest import LOG, Engine

pytestmark = pytest.mark.e2e

MLOPS_IAC = (sys.executable, "-m", "mlops_iac.cli.main")


@pytest.fixture
def folder(project: Path) -> Iterator[Path]:
    yield project
    subprocess.run([*MLOPS_IAC, "cloud", "stop"], cwd=project, check=True, capture_output=True)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_serves_the_cloud_and_ends_when_told(folder: Path, end: signal.Signals) -> None:
    command = [*MLOPS_IAC, "cloud", "provider", "--json"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = json.loads(read_object(process.stdout.readline))
        assert said["environment"] == {"PULUMI_DEBUG_PROVIDERS": f"aws:{said['port']}"}
        assert said["endpoint"].startswith("http://127.0.0.1:")
        engine = Engine(said["port"])
        id, outputs = engine.create(LOG, engine.inputs(LOG, name="lab-log"))
        assert engine.read(LOG, id, outputs=outputs).id == "lab-log"
        engine.channel.close()
    finally:
        process.send_signal(end)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in err


def read_object(next_line: Callable[[], str]) -> str:
    """Lines up to the end of one JSON object."""
    text = ""
    while True:
        line = next_line()
        assert line, text
        text += line
        try:
            json.loads(text)
        except ValueError:
            continue
        return text
