"""A case by the real Pulumi CLI, over the same embedded cloud through our provider plugin."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mlops_iac.backends.pulumi_events import Recorder
from mlops_iac.core.errors import CloudError
from mlops_iac.engine.event import Result
from tests.parity.operations import CONFIG, PROJECT, STACK, Case, Do
from tests.parity.our_engine import PASSPHRASE

REASON = "there is no `pulumi` on the PATH: the recordings in tests/golden/pulumi/parity stand for it"

MAIN = """\
import os

from tests.parity.operations import read_case
from pathlib import Path

read_case(Path(os.environ["PARITY_CASE"])).program(os.environ["PARITY_PROGRAM"])()
"""

FLAGS = {"targets": "--target", "excludes": "--exclude", "replaces": "--replace"}
SWITCHES = {
    "target_dependents": "--target-dependents",
    "refresh": "--refresh",
    "continue_on_error": "--continue-on-error",
}


def find_cli() -> str | None:
    return shutil.which("pulumi")


def cli_version(command: str) -> str:
    """What the CLI says; one that was built from source says nothing, and then it is what it was linked with."""
    said = subprocess.run([command, "version"], capture_output=True, text=True, check=True).stdout.strip()
    if said:
        return said
    linked = re.search(rb"github\.com/pulumi/pulumi/sdk/v3\t(v[\d.]+)", Path(command).read_bytes())
    return f"built from source, with pulumi/sdk {linked[1].decode()}" if linked else "built from source"


class RealCli:
    """``provider`` is what PULUMI_DEBUG_PROVIDERS says, and what else is in the environment; ``state`` is the folder
    that the CLI is logged in to, and ``backend`` a bucket in its place, where the stack is already."""

    def __init__(
        self, root: Path, provider: dict[str, str], *, state: Path | None = None, backend: str | None = None
    ) -> None:
        self.root = root
        state = state or root / "state"
        state.mkdir(parents=True, exist_ok=True)
        self.checkpoint = state / f".pulumi/stacks/{PROJECT}/{STACK}.json"
        self._events = root / "events.jsonl"
        self._environment = {
            **os.environ,
            **provider,
            "PULUMI_BACKEND_URL": backend or f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DEBUG_COMMANDS": "1",
            "PULUMI_HOME": str(root / "home"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._write_project()
        if backend is None and not self.checkpoint.exists():
            self.pulumi("stack", "init", STACK)

    def carry_out(self, case: Case, operation: Do) -> tuple[Result, int]:
        self._events.unlink(missing_ok=True)
        environment = {"PARITY_CASE": str(case.path), "PARITY_PROGRAM": operation.program}
        began = time.monotonic()
        done = self.pulumi(*self._arguments(operation), environment=environment)
        recorder = Recorder(lambda event: None)
        for event in self._read_events():
            recorder(event)
        error = CloudError("Pulumi stopped.", done.stdout + done.stderr) if done.returncode else None
        return recorder.result(time.monotonic() - began, error), done.returncode

    def _arguments(self, operation: Do) -> list[str]:
        arguments = [operation.verb, "--stack", STACK, "--non-interactive", "--event-log", str(self._events)]
        if operation.verb != "preview":
            arguments += ["--yes", "--skip-preview"]
        for name, value in {"parallel": 1, **operation.options}.items():
            if name in FLAGS:
                for resource in value:
                    arguments += [FLAGS[name], f"urn:pulumi:{STACK}::{PROJECT}::**::{resource}"]
            elif name in SWITCHES:
                arguments += [SWITCHES[name]] if value else []
            else:
                arguments += [f"--{name}", str(value)]
        return arguments

    def _read_events(self) -> list[Any]:
        from pulumi.automation.events import EngineEvent

        if not self._events.exists():
            return []
        return [EngineEvent.from_json(json.loads(line)) for line in self._events.read_text().splitlines()]

    def _write_project(self) -> None:
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (self.root / "Pulumi.yaml").write_text(json.dumps({"name": PROJECT, "runtime": runtime}))
        (self.root / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": CONFIG}))
        (self.root / "__main__.py").write_text(MAIN)

    def pulumi(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """One command of the CLI; what it said, and its exit code."""
        return subprocess.run(
            ["pulumi", *arguments],
            cwd=self.root,
            env={**self._environment, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
