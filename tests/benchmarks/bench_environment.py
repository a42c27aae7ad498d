"""The tabular-batch environment by the real command: preview, up, and a pipeline's run, each a process of its own."""

from __future__ import annotations

import gc
import statistics
import time

from mlops_iac.backends.embedded import EmbeddedBackend
from tests.benchmarks.measure import Usage, show
from tests.benchmarks.project import STACK, Project, project

RUNS = 5
MEMORY = "must be at most 250"


def main() -> None:
    with project() as fresh:
        previews = [fresh.measure("preview", STACK) for _ in range(RUNS + 1)][1:]
        show("preview of what does not exist, cold process", _wall(previews), "s", "must be at most 3.00")
        show("  its CPU", statistics.median(usage.cpu for usage in previews), "s")
        show("  CPU a resource beyond imports", _per_resource(fresh), "ms", "must be at most 1.50")
        up = fresh.measure("up", STACK, "--yes")
        show("up from nothing (see `up` for its ratio)", up.wall, "s")
        _nothing_to_do(fresh)
        fresh.measure("data", "put", STACK, "examples/screening/data", "raw/")
        run = fresh.measure("run", STACK, "training", "--follow")
        show("run of the pipeline, to the deployed model", run.wall, "s")
        show("memory of preview", max(usage.memory for usage in previews), "MB", MEMORY)
        show("memory of up", up.memory, "MB", MEMORY)
        show("memory of run", run.memory, "MB", MEMORY)


def _nothing_to_do(deployed: Project) -> None:
    """`up` and preview in turn, so that a slow minute of the machine is slow for both."""
    ups, previews = [], []
    for _ in range(RUNS):
        previews.append(deployed.measure("preview", STACK))
        ups.append(deployed.measure("up", STACK, "--yes"))
    show("preview of what is deployed", _wall(previews), "s")
    show("up with nothing to do", _wall(ups), "s")
    ratios = [one.wall / other.wall for one, other in zip(ups, previews, strict=True)]
    show("ratio, median of pairs", statistics.median(ratios), "", "must be at most 1.30")


def _wall(usages: list[Usage]) -> float:
    return statistics.median(usage.wall for usage in usages)


def _per_resource(fresh: Project) -> float:
    """Milliseconds of CPU that a second preview in this process takes, divided by its resources.

    The least of ten: whatever else runs on the machine can only add to it.
    """
    backend = EmbeddedBackend(fresh.folder, STACK)
    gc.set_threshold(1_000_000, 50, 50)  # as the command does
    resources = len(backend.preview().steps)
    spent = []
    for _ in range(2 * RUNS):
        before = time.process_time()
        backend.preview()
        spent.append(time.process_time() - before)
    return 1000 * min(spent) / resources


if __name__ == "__main__":
    main()
