"""The same small programs by both engines over one embedded cloud: steps and final state must be equal.

Our engine is compared with what the real CLI was recorded to do; where there is a CLI, so is the CLI.
What is meant to differ is said by the case (``DIFFERS``), and explained in docs/reference/differences-from-pulumi.md.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import pytest

from mlops_iac.cloud.plugin.server import PluginServer
from mlops_iac.cloud.server import Server
from mlops_iac.engine.event import Result
from tests.parity.normal_form import operation_form, state_form
from tests.parity.operations import REGION, Case, Do, all_cases
from tests.parity.our_engine import PASSPHRASE, OurEngine
from tests.parity.real_cli import REASON, RealCli, cli_version, find_cli
from tests.parity.recordings import IS_RECORDING, Form, difference, read_recording, write_recording

DIFFERENCES = Path(__file__).parents[2] / "docs/reference/differences-from-pulumi.md"

cases = pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)


class Engine(Protocol):
    checkpoint: Path

    def carry_out(self, case: Case, operation: Do) -> tuple[Result, int]: ...


def forms(engine: Engine, case: Case, clients: Any) -> list[Form]:
    """What each operation of the case did, and the state that it left."""
    told = []
    for operation in case.operations:
        case.prepare(operation, clients)
        result, exit_code = engine.carry_out(case, operation)
        state = state_form(engine.checkpoint.read_text(), PASSPHRASE) if engine.checkpoint.exists() else []
        told.append({"operation": str(operation), **operation_form(case, result, exit_code), "state": state})
    return told


@cases
def test_our_engine_does_what_the_real_one_did(case: Case, cloud: Server, tmp_path: Path) -> None:
    ours = forms(OurEngine(tmp_path, cloud.gateway.clients), case, cloud.gateway.clients(REGION))
    theirs = read_recording(case.name)
    assert [form["operation"] for form in theirs] == [form["operation"] for form in ours], "record it anew"
    for number, (there, here) in enumerate(zip(theirs, ours, strict=True), start=1):
        expected = case.differs.get(number, {})
        for part in there:
            unlike = difference(there[part], here[part])
            if part in expected:
                assert unlike, f"{number} {there['operation']}: {part} does not differ any more"
            else:
                assert not unlike, f"{number} {there['operation']}: {part}\n{unlike}"


@cases
def test_each_difference_is_explained(case: Case) -> None:
    explained = {line.removeprefix("## ") for line in DIFFERENCES.read_text().splitlines() if line.startswith("## ")}
    named = {reason for parts in case.differs.values() for reason in parts.values()}
    assert named <= explained


@pytest.mark.skipif(find_cli() is None, reason=REASON)
@pytest.mark.slow
@cases
def test_the_real_cli_does_what_was_recorded(case: Case, cloud: Server, plugin: PluginServer, tmp_path: Path) -> None:
    command = find_cli()
    assert command is not None
    theirs = forms(RealCli(tmp_path, plugin.environment), case, cloud.gateway.clients(REGION))
    theirs = json.loads(json.dumps(theirs))
    if IS_RECORDING:
        write_recording(case.name, case.why, cli_version(command), theirs)
    unlike = difference(read_recording(case.name), theirs)
    assert not unlike, unlike
