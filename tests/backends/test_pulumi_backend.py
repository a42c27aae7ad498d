"""`--cloud aws` with everything real but AWS: the CLI, its state, its events; the embedded cloud is its provider.

``PARITY_RECORD=1`` keeps what the CLI complains about in tests/golden/pulumi/complaints.json.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from mlops_iac.backends.pulumi import PulumiBackend
from mlops_iac.cloud import services
from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.plugin.service import PluginService
from mlops_iac.cloud.provider import EmbeddedProvider
from mlops_iac.cloud.server import Server
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import MlopsError, StackNotFound, UsageError
from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.event import Op, StepDone
from mlops_iac.engine.values.value import Secret
from tests.parity.operations import CASES, CONFIG, PROJECT, STACK
from tests.parity.real_cli import MAIN, REASON, cli_version, find_cli
from tests.parity.recordings import IS_RECORDING

pytestmark = [pytest.mark.skipif(find_cli() is None, reason=REASON), pytest.mark.slow]

RECORDED = Path(__file__).parents[1] / "golden/pulumi/complaints.json"


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginServer]:
    services.reset()
    server = Server(tmp_path_factory.mktemp("cloud"))
    server.start()
    plugin = PluginServer(EmbeddedProvider(server.gateway.clients))
    plugin.start()
    yield plugin
    plugin.stop()
    server.stop()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def backend(tmp_path: Path, state: Path, plugin: PluginServer, monkeypatch: pytest.MonkeyPatch) -> PulumiBackend:
    """A small project of the parity cases, as a person has it in a terminal that is logged in."""
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (tmp_path / "Pulumi.yaml").write_text(json.dumps({"name": PROJECT, "runtime": runtime}))
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": CONFIG}))
    (tmp_path / "__main__.py").write_text(MAIN)
    for name, value in {
        **plugin.environment,
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "parity",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PARITY_CASE": str(CASES / "secrets.py"),
        "PARITY_PROGRAM": "first",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(PulumiBackend, "_check_program", lambda self: None)  # these programs are not of this project
    return PulumiBackend(tmp_path, STACK)


def test_the_whole_life_of_a_stack(backend: PulumiBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Any] = []
    preview = backend.preview(on_event=events.append)
    assert (preview.outcome, dict(preview.changes)) == ("succeeded", {"create": 5})
    assert [event.step.name for event in events if isinstance(event, StepDone)]
    up = backend.up()
    assert (up.outcome, dict(up.changes)) == ("succeeded", {"create": 5})
    assert "hunter2" not in repr(up)
    assert backend.outputs()["word"] == Secret("hunter2")
    assert dict(backend.refresh(preview=True).changes) == {"same": 5}
    assert dict(backend.refresh().changes) == {"same": 5}
    monkeypatch.setenv("PARITY_PROGRAM", "second")
    only = backend.up(options=Options(targets=("parameter",), parallel=2))
    assert {step.name for step in only.steps if step.op is Op.UPDATE} == {"parameter"}
    with pytest.raises(UsageError, match="No such resource") as caught:
        backend.preview(options=Options(targets=("paramter",)))
    assert caught.value.hint == "did you mean `parameter`?"
    assert dict(backend.destroy(preview=True).changes) == {"delete": 5}
    assert dict(backend.destroy().changes) == {"delete": 5}
    backend.remove()
    assert (backend.root / f"Pulumi.{STACK}.yaml").exists()
    with pytest.raises(StackNotFound):
        backend.outputs()


def test_a_resource_that_is_refused_ends_the_operation_and_explains_itself(
    backend: PulumiBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARITY_CASE", str(CASES / "failure.py"))
    result = backend.up()
    assert result.outcome == "failed"
    assert [failure.step.name for failure in result.failures] == ["refused"]
    assert "aws/not-yours" in str(result.failures[0].error)
    assert result.error is None
    backend.destroy()


def complaints_of(ask: Callable[[], Any]) -> MlopsError:
    """Of a question that is refused, or of an operation that ends badly."""
    try:
        result = ask()
    except MlopsError as error:
        return error
    assert isinstance(result.error, MlopsError)
    return result.error


def test_nobody_is_logged_in(backend: PulumiBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL")
    error = complaints_of(backend.preview)
    assert (error.summary, error.exit_code) == (
        "Nobody is logged in to a Pulumi backend.",
        exit_codes.AUTHENTICATION,
    )
    keep("nobody is logged in", error)


def test_the_passphrase_is_missing_and_then_wrong(backend: PulumiBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    backend.preview()
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    missing = complaints_of(backend.preview)
    assert missing.summary == "The stack's passphrase is not set."
    keep("no passphrase", missing)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    wrong = complaints_of(backend.preview)
    assert wrong.summary == "Wrong passphrase."
    keep("wrong passphrase", wrong)


def test_there_is_no_such_stack(backend: PulumiBackend) -> None:
    error = complaints_of(backend.outputs)
    assert isinstance(error, StackNotFound)
    assert error.hint == f"`mlops-iac up {STACK} --cloud aws` makes it."
    said = subprocess.run(
        ["pulumi", "stack", "output", "--stack", "nobodys", "--non-interactive"],
        cwd=backend.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    keep("no such stack", said.stderr)


def test_the_state_folder_is_not_there(backend: PulumiBackend, state: Path) -> None:
    shutil.rmtree(state)
    error = complaints_of(backend.preview)
    assert error.summary == "The Pulumi backend cannot be opened."
    keep("no such state folder", error)


def test_somebody_else_holds_the_stack(backend: PulumiBackend, state: Path) -> None:
    backend.preview()
    folder = state / f".pulumi/locks/organization/{PROJECT}/{STACK}"
    folder.mkdir(parents=True, exist_ok=True)
    holder = {"pid": os.getpid(), "username": "ada", "hostname": "elsewhere", "timestamp": "2026-11-21T09:00:00Z"}
    (folder / "5f0c36c7-7bd3-4d4f-9a39-1f2f0a1f3b7e.json").write_text(json.dumps(holder))
    error = complaints_of(backend.up)
    assert error.summary == "The stack is locked."
    assert "ada@elsewhere" in error.detail
    keep("the stack is locked", error)


class Unsigned(PluginService):
    """The AWS provider of a person without credentials: it says so when its settings are checked."""

    def CheckConfig(self, request: Any, context: Any) -> Any:
        reason = (
            "No valid credential sources found.\n"
            "Please see https://www.pulumi.com/registry/packages/aws/installation-configuration/"
            " for more information about providing credentials."
        )
        return provider_pb2.CheckResponse(failures=[provider_pb2.CheckFailure(reason=reason)])


def test_there_are_no_aws_credentials(backend: PulumiBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    server = grpc.server(ThreadPoolExecutor(4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Unsigned(EmbeddedProvider(None)), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setenv("PULUMI_DEBUG_PROVIDERS", f"aws:{port}")
    error = complaints_of(backend.preview)
    server.stop(0)
    assert (error.summary, error.exit_code) == ("There are no AWS credentials.", exit_codes.AUTHENTICATION)
    keep("no AWS credentials", error)


def test_the_plugin_is_missing(backend: PulumiBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here reaches a network: the download is sent to a port where nobody listens."""
    monkeypatch.delenv("PULUMI_DEBUG_PROVIDERS")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    error = complaints_of(backend.preview)
    assert error.summary == "A Pulumi plugin is missing.", str(error)
    assert "pulumi plugin install resource aws" in error.detail
    keep("the plugin is missing", error)


def keep(what: str, said: MlopsError | str) -> None:
    if not IS_RECORDING:
        return
    recording = json.loads(RECORDED.read_text()) if RECORDED.exists() else {"said": {}}
    recording["pulumi"] = cli_version(find_cli() or "")
    text = said if isinstance(said, str) else f"error: {said.detail}"
    recording["said"][what] = text.replace(os.environ["PULUMI_HOME"].removesuffix("/home"), "/project").strip()
    RECORDED.write_text(json.dumps(recording, indent=1, sort_keys=True) + "\n")
