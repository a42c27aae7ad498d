"""``mlops-iac notebook``: what is started, with what, and for whom."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cli import env
from mlops_iac.cli.environments import Opened
from mlops_iac.cli.main import run_command
from mlops_iac.cloud.jobs.environments import PythonEnvironment
from mlops_iac.core import exit_codes
from tests.conftest import make_project
from tests.support.small_environment import make_environment

Started = list[tuple[list[str], dict[str, str], list[str]]]


class Clients:
    embedded = True

    def variables(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ACCESS_KEY_ID": "key"}


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Started:
    root = make_project(tmp_path / "project")
    monkeypatch.chdir(root)
    opened = Opened(make_environment(), Clients(), root)  # type: ignore[arg-type]
    monkeypatch.setattr("mlops_iac.cli.environments.open_environment", lambda *_: opened)
    made = PythonEnvironment(tmp_path / "lab")
    monkeypatch.setattr("mlops_iac.cloud.jobs.lab.lab_environment", lambda framework, code: made)
    found: Started = []
    monkeypatch.setattr(env, "run", lambda command, variables, unset: found.append((command, variables, unset)))
    return found


def test_it_is_reached_from_this_machine_and_the_token_is_in_no_argument(
    started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["notebook", "screening-dev", "--no-browser"]) == exit_codes.OK
    ((command, variables, unset),) = started
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--no-browser" in command
    assert command[3].endswith("project/examples/screening")
    token = variables["JUPYTER_TOKEN"]
    assert len(token) > 30
    assert not any(token in word for word in command)
    assert f"/lab?token={token}" in capsys.readouterr().err
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert variables["MLOPS_IAC_STACK"] == "screening-dev"
    assert "AWS_PROFILE" in unset


def test_two_starts_have_two_tokens(started: Started) -> None:
    for _ in range(2):
        run_command(["notebook", "screening-dev"])
    first, second = (variables["JUPYTER_TOKEN"] for _, variables, _ in started)
    assert first != second


def test_a_port_that_is_taken_is_refused_and_the_usual_one_gives_way(
    started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert run_command(["notebook", "screening-dev", "--port", port]) == exit_codes.CONFIGURATION
        assert f"Value given: --port {port}." in capsys.readouterr().err
    assert started == []


def test_with_json_it_says_how_and_starts_nothing(started: Started, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["notebook", "screening-dev", "--json", "--port", "8899"]) == exit_codes.OK
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["framework"], told["port"]) == ("sklearn 1.4-2", 8899)
    assert "token" not in json.dumps(told).lower()
    assert started == []


START = """
import sys
from pathlib import Path
from mlops_iac.cli.notebook import _command
from mlops_iac.cloud.jobs.lab import lab_environment
from mlops_iac.core.frameworks import get_framework
import os
made = lab_environment(get_framework("sklearn", "1.4-2"), Path(sys.argv[1]))
words = _command(str(made.python), Path(sys.argv[1]), int(sys.argv[2]), browser=False)
os.execv(words[0], words)
"""


@pytest.mark.nightly
@pytest.mark.slow
def test_jupyterlab_answers_who_has_the_token_and_ends_by_one_interrupt(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {**os.environ, "JUPYTER_TOKEN": "a-token-of-a-test"}
    process = subprocess.Popen([sys.executable, "-c", START, str(tmp_path), str(port)], env=variables)
    address = f"http://127.0.0.1:{port}/api/contents"
    try:
        until = time.monotonic() + 300
        while (said := status(f"{address}?token=a-token-of-a-test")) == 0:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.5)
        assert said == 200
        assert status(address) == 403
        process.send_signal(signal.SIGINT)
        process.wait(20)
    finally:
        process.kill()


def status(address: str) -> int:
    """0 where nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
