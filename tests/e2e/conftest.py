"""The CLI as a person runs it: another process, in a project of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import make_project


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Done]


def cli_in(folder: Path) -> Cli:
    """``cli("up", "screening-dev", "--yes")``; fails the test on any exit code but the expected one."""

    def run(*arguments: str, code: int = 0, env: dict[str, str] | None = None, timeout: float = 300) -> Done:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PULUMI_"))}
        done = subprocess.run(
            [sys.executable, "-m", "mlops_iac.cli.main", *arguments],
            cwd=folder, env={**environment, **(env or {})}, capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, Path]]:
    """One project in which the tests of a module follow one another; its cloud is stopped at the end."""
    folder = make_project(tmp_path_factory.mktemp("story") / "project")
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    cli = cli_in(folder)
    yield cli, folder
    cli("cloud", "stop")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[Cli, Path]]:
    """A project for one test, with the example's stack file in place."""
    folder = make_project(tmp_path / "project")
    cli = cli_in(folder)
    yield cli, folder
    if (folder / ".mlops-iac/cloud").exists():
        cli("cloud", "stop")
