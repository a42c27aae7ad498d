"""``preview --all`` over 200 stacks of the tabular-batch environment, which has more than 30 resources."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import measure, show
from tests.conftest import make_project

STACKS = 200
LIMIT = 0.3
"""Seconds a stack."""


def make_stacks(folder: Path, count: int) -> Path:
    """A project with the example's stack file, over and over, for as many teams."""
    project = make_project(folder / "project")
    example = next((project / "stacks").glob("Pulumi.screening-dev.yaml"))
    text = example.read_text()
    example.unlink()
    for number in range(count):
        team = f"team{number:03}"
        (project / "stacks" / f"Pulumi.{team}-dev.yaml").write_text(text.replace("team: screening", f"team: {team}"))
    return project


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = make_stacks(Path(folder), STACKS)
        command = [sys.executable, "-m", "mlops_iac.cli.main", "preview", "--all", "--json"]
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
        bodies = json.loads(done.stdout)["stacks"].values()
        created = [body["changeSummary"]["create"] for body in bodies]
        used = measure(command, cwd=project)
    show("stacks", len(created), "", f"of {min(created)} resources each")
    show("preview --all, wall a stack", used.wall / STACKS, "s", f"must be at most {LIMIT} on cores of its own")
    show("preview --all, CPU a stack", used.cpu / STACKS, "s")
    show("preview --all, memory of the largest process", used.memory, "MB")


if __name__ == "__main__":
    main()
