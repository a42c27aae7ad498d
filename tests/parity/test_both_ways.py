"""One stack, worked on by our engine and by the real CLI in turn: what either leaves, the other goes on with."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.server import Server
from mlops_iac.core.errors import StateError
from mlops_iac.engine.state.lock import Holder
from tests.parity.operations import CASES, PROJECT, STACK, Case, Do, read_case
from tests.parity.our_engine import OurEngine
from tests.parity.real_cli import REASON, RealCli, cli_version, find_cli
from tests.parity.recordings import IS_RECORDING

RECORDED = Path(__file__).parents[1] / "golden/pulumi/both-ways.json"
PLACES = ("sourcePosition", "stackTrace")
"""What a recording leaves out: it names folders of the machine that made it."""

needs_cli = pytest.mark.skipif(find_cli() is None, reason=REASON)


@pytest.fixture
def case() -> Case:
    return read_case(CASES / "secrets.py")


@pytest.fixture
def ours(cloud: Server, tmp_path: Path) -> OurEngine:
    return OurEngine(tmp_path / "state", cloud.gateway.clients)


@pytest.fixture
def cli(plugin: PluginServer, tmp_path: Path) -> RealCli:
    """Makes the stack when it is first used, if ours did not."""
    (tmp_path / "project").mkdir()
    return RealCli(tmp_path / "project", plugin.environment, state=tmp_path / "state")


@needs_cli
@pytest.mark.slow
def test_the_cli_goes_on_with_our_stack_and_we_with_its(case: Case, ours: OurEngine, request: Any) -> None:
    assert ours.carry_out(case, Do("up", "first"))[1] == 0
    cli: RealCli = request.getfixturevalue("cli")
    listed = json.loads(cli.pulumi("stack", "ls", "--json").stdout)
    assert [(stack["name"], stack["resourceCount"]) for stack in listed] == [(STACK, 6)]
    assert cli.carry_out(case, Do("preview", "first"))[0].changes == {"same": 5}
    assert cli.pulumi("stack", "output", "word", "--show-secrets", "--stack", STACK).stdout.strip() == "hunter2"
    assert cli.carry_out(case, Do("up", "second"))[1] == 0
    assert ours.carry_out(case, Do("preview", "second"))[0].changes == {"same": 5}
    if IS_RECORDING:
        record(ours.checkpoint, cli)
    assert set(ours.carry_out(case, Do("preview", "first"))[0].changes) == {"same", "update", "replace"}
    assert ours.carry_out(case, Do("destroy"))[1] == 0
    kinds = [entry["kind"] for entry in json.loads(cli.pulumi("stack", "history", "--json", "--stack", STACK).stdout)]
    assert kinds == ["destroy", "update", "update"]


@needs_cli
@pytest.mark.slow
def test_we_go_on_with_a_stack_of_the_cli_and_it_with_ours(case: Case, cli: RealCli, ours: OurEngine) -> None:
    assert cli.carry_out(case, Do("up", "first"))[1] == 0
    assert ours.carry_out(case, Do("preview", "first"))[0].changes == {"same": 5}
    assert ours.carry_out(case, Do("up", "second"))[1] == 0
    assert cli.carry_out(case, Do("preview", "second"))[0].changes == {"same": 5}
    assert cli.carry_out(case, Do("refresh"))[0].changes == {"same": 5}
    assert cli.carry_out(case, Do("destroy"))[1] == 0
    assert not json.loads(ours.checkpoint.read_text())["checkpoint"]["latest"].get("resources")


@needs_cli
@pytest.mark.slow
def test_a_lock_of_ours_stops_the_cli(case: Case, cli: RealCli, ours: OurEngine) -> None:
    with ours.store.session(STACK):
        _, exit_code = cli.carry_out(case, Do("up", "first"))
        said = cli.pulumi("destroy", "--yes", "--stack", STACK).stderr
    assert exit_code != 0
    assert "the stack is currently locked by 1 lock(s)" in said
    assert f"pid {os.getpid()}" in said


def test_a_lock_of_the_cli_stops_ours_until_its_process_is_dead(case: Case, ours: OurEngine) -> None:
    """Locks as the CLI writes them (pulumi/pulumi, ``pkg/backend/diy/lock.go``)."""
    folder = ours.store.root / f".pulumi/locks/organization/{PROJECT}/{STACK}"
    folder.mkdir(parents=True)
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        holder = {**vars(Holder.this_process()), "pid": sleeper.pid}
        del holder["flock"]  # ours alone: the CLI holds no file, its word is its process number
        (folder / "5f0c36c7-7bd3-4d4f-9a39-1f2f0a1f3b7e.json").write_text(json.dumps(holder))
        with pytest.raises(StateError, match="The stack is locked"), ours.store.session(STACK):
            pass
    finally:
        sleeper.communicate()
    with ours.store.session(STACK):
        pass
    assert not list(folder.glob("*.json"))


def test_a_state_that_the_cli_wrote_after_us_is_read(case: Case, ours: OurEngine) -> None:
    """Recorded: our `up first`, then the CLI's `up second`."""
    recording = json.loads(RECORDED.read_text())
    ours.checkpoint.parent.mkdir(parents=True)
    ours.checkpoint.write_text(json.dumps(recording["checkpoint"]))
    assert ours.carry_out(case, Do("preview", "second"))[0].changes == {"same": 5}
    outputs = ours.store.outputs(STACK)
    assert (outputs["word"].value, outputs["taken"].value) == ("hunter3", "hunter3")
    back = ours.carry_out(case, Do("preview", "first"))[0]
    assert {step.name for step in back.steps if step.op == "update"} == {"log", "parameter"}


def test_a_compressed_state_is_read_and_unpacked(case: Case, ours: OurEngine) -> None:
    """The CLI writes one under PULUMI_DIY_BACKEND_GZIP, and goes on with ours without it."""
    packed = ours.checkpoint.with_suffix(".json.gz")
    packed.parent.mkdir(parents=True)
    packed.write_bytes(gzip.compress(json.dumps(json.loads(RECORDED.read_text())["checkpoint"]).encode()))
    assert ours.store.stacks() == [STACK]
    assert ours.carry_out(case, Do("preview", "second"))[0].changes == {"same": 5}
    ours.carry_out(case, Do("refresh"))
    assert ours.checkpoint.exists()
    assert not packed.exists()


def test_a_compressed_state_that_is_cut_off_is_refused(case: Case, ours: OurEngine) -> None:
    packed = ours.checkpoint.with_suffix(".json.gz")
    packed.parent.mkdir(parents=True)
    packed.write_bytes(gzip.compress(b"{}" * 1000)[:20])
    with pytest.raises(StateError, match="The state is damaged"):
        ours.store.read(STACK)


def record(checkpoint: Path, cli: RealCli) -> None:
    document = json.loads(checkpoint.read_text())
    for resource in document["checkpoint"]["latest"]["resources"]:
        for place in PLACES:
            resource.pop(place, None)
    history = json.loads(cli.pulumi("stack", "history", "--json", "--stack", STACK).stdout)
    command = shutil.which("pulumi") or ""
    recording = {"pulumi": cli_version(command), "checkpoint": document, "history": [told(entry) for entry in history]}
    RECORDED.write_text(json.dumps(recording, indent=1, sort_keys=True) + "\n")


def told(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of the history without what the machine and its clock made of it."""
    return {key: value for key, value in entry.items() if key in ("kind", "result", "resourceChanges", "config")}
