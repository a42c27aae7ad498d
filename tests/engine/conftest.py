"""A stack on a fake cloud, and short ways to deploy programs to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.engine.deciding.options import Options
from mlops_iac.engine.doing.deployment import Deployment
from mlops_iac.engine.doing.retrying import LIMITS, Patience
from mlops_iac.engine.event import Event, Result, Step
from mlops_iac.engine.state.record import Record
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values import secrets
from tests.engine.fake_provider import FakeCloud

Program = Callable[[], object]


class Stack:
    """The stack ``dev`` of project ``lab``. Each call is an operation of its own, as a command of the CLI is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cloud = FakeCloud()
        self.name = "dev"
        self.config = {"fake:region": "eu-west-1", "lab:token": "hunter2"}
        self.secret_config = frozenset({"lab:token"})
        self.parallel = 8
        self.limits: Any = LIMITS
        self.patience = Patience(tries=4, first_wait=0.001, longest_wait=0.01, limit=5)
        self.events: list[Event] = []

    @property
    def store(self) -> FileStore:
        return FileStore(self.root, "lab", lambda: "pass")

    @property
    def deployment(self) -> Deployment:
        return Deployment(
            project="lab",
            stack=self.name,
            provider=self.cloud,
            store=self.store,
            config=self.config,
            secret_config=self.secret_config,
            parallel=self.parallel,
            limits=self.limits,
            patience=self.patience,
        )

    def preview(self, program: Program, **options: Any) -> Result:
        self.events = []
        return self.deployment.preview(program, on_event=self.events.append, options=Options(**options))

    def up(self, program: Program, **options: Any) -> Result:
        """An `up` whose calls are counted from zero."""
        self.cloud.calls.clear()
        self.events = []
        return self.deployment.up(program, on_event=self.events.append, options=Options(**options))

    def destroy(self, **options: Any) -> Result:
        self.cloud.calls.clear()
        self.events = []
        return self.deployment.destroy(on_event=self.events.append, options=Options(**options))

    def records(self) -> dict[str, Record]:
        """Live records by logical name."""
        return {record.name: record for record in self.store.get("dev") if not record.delete}

    @property
    def file(self) -> Path:
        return self.root / ".pulumi/stacks/lab/dev.json"

    @property
    def journal(self) -> Path:
        return self.root / ".pulumi/stacks/lab/dev.journal"


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Keys are made with few rounds, except where the real number is what is tested."""
    if "real_keys" not in request.fixturenames:
        monkeypatch.setattr(secrets, "ROUNDS", 10)
    monkeypatch.setattr(secrets, "_keys", {})


@pytest.fixture
def real_keys() -> None:
    """Asks for Pulumi's number of rounds."""


def ops(result: Result) -> list[str]:
    """``op name`` of each step, the stack's own left out."""
    return [f"{step.op} {step.name}" for step in result.steps if step.type != "pulumi:pulumi:Stack"]


def step_of(result: Result, name: str) -> Step:
    return next(step for step in result.steps if step.name == name)


def errors(result: Result) -> list[str]:
    """What its steps failed of; what stopped it before the first one, when none was begun."""
    told = [failure.error for failure in result.failures] or [result.error]
    return [str(error) for error in told if error is not None]
