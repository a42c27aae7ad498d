"""The training of the answers example, from its start to its end as the run tells it, against its script by hand.

Both are one process of the same Python with the same rows; the job has its folder and view, data from the lake, its
log, checkpoints and its model's archive besides. PyTorch's environment is built before anything is measured.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework
from tests.benchmarks.measure import show
from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

RUNS = 3
MOST = 1.2
STACK = "answers-dev"
ONLY = """
extends: training
steps:
  merge:
  quantise:
  evaluate:
  gate:
  register:
  deploy:
"""
"""The example's pipeline up to its training."""
BY_HAND = "import pathlib, sys, train; train.CHECKPOINTS = pathlib.Path(sys.argv.pop(1)); train.main()"


def main() -> None:
    python = str(framework_environment(get_framework("pytorch", "2.6.0")).python)
    with tempfile.TemporaryDirectory() as name:
        project = Project(make_project(Path(name) / "project"))
        code = project.folder / "examples/answers"
        shutil.copy(CHECKOUT / "examples/answers/Pulumi.answers-dev.yaml", project.folder / "stacks")
        (code / "pipelines").mkdir()
        (code / "pipelines/only.yaml").write_text(ONLY)
        subprocess.run([sys.executable, code / "make_data.py"], check=True, capture_output=True)
        project.run("up", STACK, "--yes")
        project.run("data", "put", STACK, "examples/answers/data", "raw/")
        try:
            rows = fetch_rows(project, run_job(project)[1])
            pairs = [(run_job(project)[0], run_by_hand(python, code, rows)) for _ in range(RUNS)]
        finally:
            project.run("cloud", "stop")
    show("the training as a job", statistics.median(one for one, _ in pairs), "s")
    show("its script by hand", statistics.median(other for _, other in pairs), "s")
    show(
        "the job against the script, median of pairs",
        statistics.median(a / b for a, b in pairs),
        "",
        f"must be at most {MOST}",
    )
    show("load of the machine", os.getloadavg()[0], "")


def run_job(project: Project) -> tuple[float, str]:
    """Seconds of the step, and the run."""
    process = project.start("run", STACK, "only", "--follow")
    told = process.communicate(timeout=1800)
    if process.returncode:
        raise RuntimeError(f"the run failed: {told}")
    run = json.loads(project.run("runs", STACK, "last", "--json"))
    (step,) = [one for one in run["steps"] if one["name"] == "train"]
    return float(step["seconds"]), str(run["id"])


def fetch_rows(project: Project, run: str) -> Path:
    """The rows that the job trained on."""
    s3 = project.cloud.clients("eu-west-1")("s3")
    (lake,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "lake" in one["Name"]]
    folder = project.folder / "rows"
    folder.mkdir()
    found = s3.get_object(Bucket=lake, Key=f"features/{run}/train/rows.pt")
    (folder / "rows.pt").write_bytes(found["Body"].read())
    return folder


def run_by_hand(python: str, code: Path, rows: Path) -> float:
    with tempfile.TemporaryDirectory() as name:
        variables = {"PATH": os.environ["PATH"], "SM_CHANNEL_TRAIN": str(rows), "SM_MODEL_DIR": f"{name}/model"}
        before = time.monotonic()
        command = [python, "-c", BY_HAND, f"{name}/checkpoints"]
        subprocess.run(command, check=True, capture_output=True, cwd=code, env=variables)
        return time.monotonic() - before


if __name__ == "__main__":
    main()
