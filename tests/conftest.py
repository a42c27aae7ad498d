"""What every test may use: a project of its own, never this checkout's state."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]

# A shell that starts the suite in the background makes it deaf to Ctrl-C, and all its children with it. Tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def make_project(folder: Path) -> Path:
    """A project as `git clone` and `mlops-iac new` leave it: the example team's code and its stack file."""
    (folder / "stacks").mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(CHECKOUT / name, folder)
    shutil.copytree(
        CHECKOUT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__", "Pulumi.*.yaml")
    )
    shutil.copy(CHECKOUT / "examples/screening/Pulumi.screening-dev.yaml", folder / "stacks")
    return folder


@pytest.fixture(scope="session", autouse=True)
def main_loop() -> Iterator[None]:
    """The main thread's event loop, for outputs that a test makes outside a program.

    Without one asyncio makes it, and nobody closes it. The collector then does, in the middle of anything: its warning
    is formatted by parsing source, and a parse of source that it interrupts fails (SystemError, CPython 3.11).
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A test whose code turned a deaf ear to signals and left it so would make the next test's processes deaf too."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh project for one test."""
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def mlops_iac_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project that `deployed(...)` deploys from, in this suite."""
    return make_project(tmp_path_factory.mktemp("project") / "project")


@pytest.fixture(autouse=True)
def no_real_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no credentials and no settings of the person who runs them."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "PULUMI_")) and name != "PULUMI_PYTHON_CMD":
            monkeypatch.delenv(name)
    monkeypatch.delenv("MLOPS_IAC_DEBUG", raising=False)
