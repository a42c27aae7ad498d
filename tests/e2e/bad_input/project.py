"""One project, the CLI in it, and how it looks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mlops_iac.cloud.process import EmbeddedCloud

NEW = ("new", "--team", "tiny", "--env", "qa", "--blueprint", "tabular-batch", "--code", "examples/tiny")
CLI = [sys.executable, "-m", "mlops_iac.cli.main"]


class Project:
    """One project, the CLI in it, and how it looks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str, code: int = 0, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
        """Run a command; answers what it wrote to stdout, or to stderr when it is to fail."""
        done = subprocess.run(
            [*CLI, *arguments], cwd=cwd or self.folder, env=environment(env), capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "This is a bug" not in done.stderr
        assert 'mlops_iac/cli/main.py", line' not in done.stderr, "a traceback of our own"
        return done.stderr if code else done.stdout

    def refused(self, *arguments: str, code: int, says: tuple[str, ...] = (), **more: Any) -> str:
        """Run a command that must fail in three parts: a summary, a detail with these words, a hint."""
        told = self.run(*arguments, code=code, **more)
        assert re.search(r"^error: .+\.$", told, re.MULTILINE), told
        assert "hint: " in told, told
        for words in says:
            assert words in told, f"`{words}` is not in:\n{told}"
        return told

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*CLI, *arguments], cwd=self.folder, env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def cloud(self) -> EmbeddedCloud:
        return EmbeddedCloud(self.folder / ".mlops-iac/cloud")

    def state(self, stack: str) -> dict[str, Any]:
        file = self.folder / f".mlops-iac/state/.pulumi/stacks/mlops-iac/{stack}.json"
        deployment: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"]
        return deployment

    def stack_files(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (self.folder / "stacks").iterdir() if file.is_file()}

    def served(self) -> str:
        sagemaker = self.cloud.clients("eu-west-1")("sagemaker")
        name: str = sagemaker.describe_endpoint(EndpointName="tiny-dev-endpoint")["EndpointConfigName"]
        return name


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))}
    return {**kept, **(more or {})}


GOOD = """config:
  aws:region: eu-west-1
  mlops-iac:team: tiny
  mlops-iac:environment: bad
  mlops-iac:blueprint: tabular-batch
  mlops-iac:code: examples/tiny
  mlops-iac:options:
    gate: {metric: auc, at_least: 0.9}
"""


def changed(old: str, new: str) -> bytes:
    """A good stack file with one thing in it changed."""
    assert old in GOOD
    return GOOD.replace(old, new).encode()


def wait_until(is_done: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
