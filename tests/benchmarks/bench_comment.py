"""The comment for forty environments, five of them changed, and what cost adds to a preview."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.cli.reviewing import review_of
from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.components._kit.naming import short_hash
from tests.benchmarks.bench_previews import make_stacks
from tests.benchmarks.measure import measure, show

STACKS, CHANGED = 40, 5
MOST_SECONDS, MOST_CHARACTERS = 15, 65_000
TURNS = 9
ACCOUNT, REGION = "123456789012", "eu-west-1"


def export(project: Path) -> None:
    """One environment is deployed and exported; the others' exports are that one's under their own names."""
    run = [sys.executable, "-m", "mlops_iac.cli.main"]
    subprocess.run([*run, "up", "team000-dev", "--yes", "--json"], cwd=project, check=True, capture_output=True)
    subprocess.run([*run, "ci", "states", "states"], cwd=project, check=True, capture_output=True)
    text = (project / "states/team000-dev.json").read_text()
    lake = re.compile(r"team000-dev-lake-[0-9a-f]{7}")
    for number in range(1, STACKS):
        team = f"team{number:03}"
        bucket = f"{team}-dev-lake-{short_hash(ACCOUNT, REGION, f'{team}-dev')}"
        (project / f"states/{team}-dev.json").write_text(lake.sub(bucket, text).replace("team000", team))


def change(project: Path) -> None:
    for number in range(CHANGED):
        file = project / f"stacks/Pulumi.team{number:03}-dev.yaml"
        file.write_text(file.read_text().replace("at_least: 0.9", "at_least: 0.95"))


def share_of_review(project: Path) -> float:
    """CPU of the review (cost, pipelines) by that of the preview it is made of, in turn, the least of each."""
    previewed, reviewed = [], []
    for _ in range(TURNS):
        started = time.process_time()
        result = EmbeddedBackend(project, "team000-dev").preview()
        middle = time.process_time()
        review_of(project, "team000-dev", result)
        previewed.append(middle - started)
        reviewed.append(time.process_time() - middle)
    return min(reviewed) / min(previewed)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mlops-iac-bench-"))
    try:
        project = make_stacks(folder, STACKS)
        export(project)
        change(project)
        words = ["preview", "--all", "--state", "states", "--comment", "comment.md"]
        used = measure([sys.executable, "-m", "mlops_iac.cli.main", *words], cwd=project)
        comment = (project / "comment.md").read_text()
        share = share_of_review(project)
    finally:
        EmbeddedCloud(folder / "project/.mlops-iac/cloud").stop()
        shutil.rmtree(folder, ignore_errors=True)
    show("environments told as changed", comment.count("\n#### "), "", f"{CHANGED} were")
    show("comment of 40 environments, wall", used.wall, "s", f"must be at most {MOST_SECONDS} on two cores of its own")
    show("comment of 40 environments, CPU", used.cpu, "s")
    show("its length", len(comment), "", f"must be at most {MOST_CHARACTERS:,} characters")
    show("cost and pipelines on top of a preview", share * 100, "%", "must be at most 15, with policies")


if __name__ == "__main__":
    main()
