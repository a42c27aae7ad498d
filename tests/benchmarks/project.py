"""A project of its own for each measurement: a folder nobody has used, whose cloud is stopped at the end."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlops_iac.cloud.process import EmbeddedCloud
from tests.benchmarks.measure import Usage, measure
from tests.conftest import CHECKOUT, make_project

__all__ = ["CHECKOUT", "STACK", "Project", "project"]

STACK = "screening-dev"


@dataclass(frozen=True)
class Project:
    folder: Path

    def command(self, *arguments: str) -> list[str]:
        """The console script as a person runs it, to be measured in this folder."""
        return [str(Path(sys.executable).with_name("mlops-iac")), *arguments]

    def measure(self, *arguments: str) -> Usage:
        """Run a command once; RuntimeError when it fails."""
        usage = measure(self.command(*arguments), cwd=self.folder)
        if usage.code != 0:
            raise RuntimeError(f"mlops-iac {' '.join(arguments)} ended with {usage.code}")
        return usage


@contextmanager
def project() -> Iterator[Project]:
    """The example's project, with its stack file, and nothing deployed."""
    folder = Path(tempfile.mkdtemp(prefix="mlops-iac-bench-")) / "project"
    try:
        yield Project(make_project(folder))
    finally:
        EmbeddedCloud(folder / ".mlops-iac/cloud").stop()
        shutil.rmtree(folder.parent, ignore_errors=True)
