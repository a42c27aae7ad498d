"""One processing step, from its start to its end as the run tells it, against its script started by hand.

The script does nothing, so that what is left is the platform: a job's folder and view, its code and data from the lake,
its process, its log, its outputs. By hand it is one start of the same Python.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mlops_iac.backends.embedded import EmbeddedBackend
from mlops_iac.runs.follow import RunEnded, follow
from mlops_iac.runs.start import start
from tests.benchmarks.measure import show
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

RUNS = 5
MOST = 0.5
STACK = "tiny-dev"
PIPELINE = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  nothing:
    kind: processing
    script: nothing.py
    inputs: {data: parameters.data}
    outputs: {made: {zone: curated}}
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        with tiny_environment(folder, "step-functions", {"nothing": PIPELINE}) as made:
            made.write("nothing.py", 'print("nothing")')
            run_step(made)  # every service of the cloud is imported from now on
            pid = json.loads((folder / ".mlops-iac/cloud/cloud.json").read_text())["pid"]
            before = cpu_seconds(pid)
            pairs = [(run_step(made), run_by_hand(folder)) for _ in range(RUNS)]
            spent = (cpu_seconds(pid) - before) / RUNS
    show("a processing step", statistics.median(one for one, _ in pairs), "s")
    show("its script by hand", statistics.median(other for _, other in pairs), "s")
    overhead = statistics.median(one - other for one, other in pairs)
    show("overhead, median of pairs", overhead, "s", f"must be at most {MOST}")
    show("CPU of the cloud and its jobs, a run", spent, "s")
    show("load of the machine", os.getloadavg()[0], "")


def cpu_seconds(pid: int) -> float:
    """Of a process and of its children that have ended: proc(5), fields 14 to 17 of stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def run_step(made: TinyEnvironment) -> float:
    backend = EmbeddedBackend(made.folder, STACK)
    environment, clients = backend.environment(), backend.clients()
    run = start(environment, clients, made.folder, "nothing", {})
    for change in follow(environment, clients, run.id):
        if isinstance(change, RunEnded):
            if change.run.status != "succeeded":
                raise RuntimeError(f"the run {change.run.status}: {change.run.error}")
            return change.run.steps[0].seconds or 0.0
    raise RuntimeError("the run did not end")


def run_by_hand(folder: Path) -> float:
    before = time.monotonic()
    subprocess.run([sys.executable, str(folder / "examples/tiny/nothing.py")], check=True, capture_output=True)
    return time.monotonic() - before


if __name__ == "__main__":
    main()
