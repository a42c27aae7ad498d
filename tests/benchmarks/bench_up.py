"""`up` from nothing against the same resources made by direct boto3 calls: both from a cold process and a cold cloud.

The boto3 script is the one that somebody would write who knows the calls: it starts the cloud, then makes each creating
call of a recorded `up`, one after the other, with clients made on first use. It checks nothing, shows nothing and saves
nothing.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from mlops_iac.cloud.process import EmbeddedCloud
from tests.benchmarks.measure import measure, show
from tests.benchmarks.project import CHECKOUT, STACK, project

RUNS = 5


def main() -> None:
    with project() as recorded:
        calls = recorded.folder / "calls.json"
        _script(recorded.folder, "record", calls)
        ours, direct = [], []
        for run in range(RUNS):  # in turn, so that a slow minute of the machine is slow for both
            with project() as fresh:
                ours.append(fresh.measure("up", STACK, "--yes", "--json").wall)
            home = recorded.folder / f"direct-{run}"
            try:
                direct.append(_script(recorded.folder, "replay", calls, home))
            finally:
                EmbeddedCloud(home).stop()
    show("up from nothing", statistics.median(ours), "s")
    show("the same by direct boto3 calls", statistics.median(direct), "s")
    ratios = [one / other for one, other in zip(ours, direct, strict=True)]
    show("ratio, median of pairs", statistics.median(ratios), "", "must be at most 2.00")


def _script(folder: Path, *arguments: object) -> float:
    """Seconds that the recorder or the boto3 script took as a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.direct_calls", *map(str, arguments)]
    usage = measure(command, cwd=folder, env={"PYTHONPATH": str(CHECKOUT)})
    if usage.code != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {usage.code}")
    return usage.wall


if __name__ == "__main__":
    main()
