"""What tests of commands share."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_iac.backends.recording import RecordingBackend
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.environment import Environment
from mlops_iac.engine.event import Result
from mlops_iac.engine.values import secrets

RECORDED = Path(__file__).parents[1] / "golden/pulumi/checkpoint.json"
"""A stack `screening-dev` that the real Pulumi CLI wrote; passphrase ``pass``, its output `token` is ``hunter2``."""

Install = Callable[..., RecordingBackend]


@pytest.fixture
def recording(project: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """``recording(up=…)`` puts a recording backend behind the commands."""
    monkeypatch.chdir(project)

    def install(**results: Result) -> RecordingBackend:
        backend = RecordingBackend(results={name.replace("_", "-"): value for name, value in results.items()})
        monkeypatch.setattr("mlops_iac.backends.backend_for", lambda root, stack, cloud: backend)
        return backend

    return install


@pytest.fixture
def recorded_stack(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in whose state lies the recorded stack `screening-dev`. Answers its checkpoint."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "pass")
    monkeypatch.setattr(secrets, "_keys", KEYS)
    assert run_command(["stack", "import", "screening-dev", "--file", str(RECORDED), "--yes"]) == exit_codes.OK
    return project / ".mlops-iac/state/.pulumi/stacks/mlops-iac/screening-dev.json"


KEYS: dict[tuple[str, bytes], bytes] = {}
"""Made once for all tests: each costs Pulumi's million rounds."""


def write_stack(project: Path, environment: Environment) -> None:
    """A state in which a stack stands that exports this environment, and has no resources."""
    urn = f"urn:pulumi:{environment.stack}::mlops-iac::pulumi:pulumi:Stack::mlops-iac-{environment.stack}"
    stack = {"urn": urn, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": environment.to_outputs()}
    latest = {"manifest": {"time": "2026-11-28T20:00:00Z", "magic": "", "version": ""}, "resources": [stack]}
    file = project / f".mlops-iac/state/.pulumi/stacks/mlops-iac/{environment.stack}.json"
    file.parent.mkdir(parents=True)
    checkpoint = {"stack": f"organization/mlops-iac/{environment.stack}", "latest": latest}
    file.write_text(json.dumps({"version": 3, "checkpoint": checkpoint}))
