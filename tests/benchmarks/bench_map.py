"""Tasks of a map in one job, against a bare loop of forks over the same work in the same interpreter; and what a task
costs of which the result is known.

The bare loop is a warm process that forks for each task, as many at a time as there are cores, leaves each result in a
file, and knows no items, failures or reasons. CPU time is the children's as well. ``MLOPS_IAC_BENCH_TASKS`` says how
many tasks: 2,000 when it is left out, where the figures below are for 20,000.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from mlops_iac.cloud.jobs.environments import code_environment
from mlops_iac.core.frameworks import get_framework
from tests.benchmarks.measure import Usage, measure, show

TASKS = int(os.environ.get("MLOPS_IAC_BENCH_TASKS", "2000"))
INNER = 100
ROUNDS = 3
CORES = 2
RUNNER = str(files("mlops_iac.runs.launcher").joinpath("mlops_iac_map.py"))

PLAIN = "def fit(index):\n    return sum(number * index for number in range(200))\n"
RIDGE = """
import numpy

def fit(index):
    random = numpy.random.default_rng(index)
    rows, level = random.normal(size=(60, 6)), random.normal(size=60)
    weights = numpy.linalg.solve(rows.T @ rows + (1 + index) * numpy.eye(6), rows.T @ level)
    return float(weights.sum())
"""
AS_TASK = """
import json, os, sys

with open(os.environ["MLOPS_IAC_RESULT"], "w") as file:
    json.dump(fit(int(sys.argv[sys.argv.index("--index") + 1])), file)
"""
BARE = """
import json, os, sys

fit(0)  # what it loads when it is first called is loaded for all
running = 0
for index in range(int(sys.argv[1])):
    if running == len(os.sched_getaffinity(0)):
        os.wait()
        running -= 1
    if not os.fork():
        with open(f"{index}.json", "w") as file:
            json.dump(fit(index), file)
        os._exit(0)
    running += 1
while running:
    os.wait()
    running -= 1
"""


def main() -> None:
    python = str(code_environment(get_framework("sklearn", "1.4-2"), None).python)
    for name, work, limit in (("standard library", PLAIN, ""), ("ridge", RIDGE, "must be at most 1.30")):
        pairs = [(mapped(python, work), bare(python, work)) for _ in range(ROUNDS)]
        mine, loop = (statistics.median(spent.cpu for spent in side) for side in zip(*pairs, strict=True))
        show(f"{name}: {TASKS:,} tasks, CPU a task", mine / TASKS * 1e3, "ms")
        show(f"{name}: bare loop of forks, CPU a task", loop / TASKS * 1e3, "ms")
        show(f"{name}: over the bare loop, CPU a task", (mine - loop) / TASKS * 1e3, "ms")
        show(f"{name}: ratio", statistics.median(one.cpu / other.cpu for one, other in pairs), "", limit)
        show(
            f"{name}: 20,000 tasks on {CORES} cores, by CPU", mine / TASKS * 20_000 / CORES, "s", "must be at most 120"
        )
        show(f"{name}: most memory of a process", max(one.memory for one, _ in pairs), "MB", "must be at most 100")
    for name, spent in known(python).items():
        show(f"nothing left to do: {name}, wall", spent.wall, "s", "20,000 tasks: must be at most 2")
        show(f"nothing left to do: {name}, CPU", spent.cpu, "s")
        show(f"nothing left to do: {name}, CPU a task", spent.cpu / 20_000 * 1e6, "us", "must be at most 200")
        show(f"nothing left to do: {name}, memory", spent.memory, "MB", "must be at most 100")


def known(python: str) -> dict[str, Usage]:
    """20,000 tasks of which all are kept: what is read, looked up and written for each, and no task runs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fit.py").write_text("raise SystemExit('this was to be known')")
        (folder / "items.json").write_text(json.dumps([{"series": number} for number in range(200)]))
        words = ["--map-script", "fit.py", "--map-inner", "100", "--map-items-file", "items.json", "--map-cache"]
        sys.path.insert(0, str(Path(RUNNER).parent))
        import mlops_iac_items as lists  # type: ignore[import-not-found]

        base = lists.base("fit.py", [], "")
        kept = folder / "ml/processing/input/kept"
        kept.mkdir(parents=True)
        for number in range(200):
            keys = lists.Keys(base, {"series": number})
            result = json.dumps({"error": 0.1234567890123456, "setting": {"lags": 7, "penalty": 0.001}})
            (kept / f"{number}.jsonl").write_text(
                "".join(lists.kept_line(keys.of(each), result) for each in range(100))
            )
        return {how: spend([python, RUNNER, *words, how], folder) for how in ("all", "plan")}


def mapped(python: str, work: str) -> Usage:
    """The map runner over items, with a hundred indices each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fit.py").write_text(work + AS_TASK)
        (folder / "items.json").write_text(json.dumps([{"series": number} for number in range(TASKS // INNER)]))
        words = ["--map-script", "fit.py", "--map-inner", str(INNER), "--map-items-file", "items.json"]
        return spend([python, RUNNER, *words], folder)


def bare(python: str, work: str) -> Usage:
    with tempfile.TemporaryDirectory() as name:
        return spend([python, "-c", work + BARE, str(TASKS)], Path(name))


def spend(command: list[str], folder: Path) -> Usage:
    return measure(command, cwd=folder, env={"OPENBLAS_NUM_THREADS": "1", "MLOPS_IAC_OPT_ML": str(folder / "ml")})
