"""What earlier releases really deployed (scripts/record-state.sh), and what this one would make of it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.facts import loses
from tests.cli.conftest import KEYS
from tests.conftest import make_project

STATES = Path(__file__).parent / "states"
NAMES = sorted(path.stem for path in STATES.glob("*.yaml"))

Capture = pytest.CaptureFixture[str]


def test_two_versions_back_are_recorded() -> None:
    assert len([name for name in NAMES if name.startswith("tabular-batch-")]) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_an_upgrade_of_an_earlier_release_loses_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    root = make_project(tmp_path)
    monkeypatch.chdir(root)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "pass")
    monkeypatch.setattr("mlops_iac.engine.values.secrets._keys", KEYS)
    shutil.copy(STATES / f"{name}.yaml", root / "stacks/Pulumi.screening-dev.yaml")
    export = gzip.decompress((STATES / f"{name}.json.gz").read_bytes()).decode()
    (root / "state.json").write_text(export)
    deployed = [one for one in json.loads(export)["deployment"]["resources"] if one["custom"]]
    assert run_command(["stack", "import", "screening-dev", "--file", "state.json", "--yes"]) == exit_codes.OK
    capsys.readouterr()

    assert run_command(["upgrade", "screening-dev", "--preview", "--json"]) == exit_codes.OK
    told = json.loads(capsys.readouterr().out)
    assert told["refused"] == []
    ops = {step["urn"]: step["op"] for step in told["preview"]["steps"]}
    gone = {urn: op for urn, op in ops.items() if op not in ("same", "update", "create")}
    assert not gone  # not even what holds no data
    data = [one["urn"] for one in deployed if loses(one["type"])]
    assert len(data) >= 3
    assert {ops.get(urn, "same") for urn in data} <= {"same", "update"}
