"""What the embedded engine itself costs: many resources, and a cloud that does nothing. Each size in its own process.

python -m tests.benchmarks engine
python -m tests.benchmarks.bench_engine 500        one size alone
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pulumi

from mlops_iac.core.collector import let_rest
from mlops_iac.engine.doing.deployment import Deployment
from mlops_iac.engine.event import Result
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.state.journal import Journal
from mlops_iac.engine.state.state_store import FileStore
from mlops_iac.engine.values.value import Props
from tests.benchmarks.measure import show
from tests.support.one_package import OnePackage

SIZES = (150, 500, 2000, 5000)
UNSAVED = "up, nothing saved"


class Thing(pulumi.CustomResource):
    arn: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions, **inputs: Any) -> None:
        super().__init__("idle:index:Thing", name, {"arn": None, **inputs}, opts)


class Idle(OnePackage):
    """Provider and handler in one: every call succeeds at once."""

    type = "idle:index:Thing"

    def handler(self, type: str) -> Idle:
        return self

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        return {}

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        return {**new, "name": name}

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"name"}

    def moves(self, was: Props, will: Props) -> bool:
        return was != will

    def deletes_before_replace(self, old: Props, new: Props, *, moved: bool = False) -> bool:
        return True

    def secrets(self) -> frozenset[str]:
        return frozenset()

    def create(self, scope: Scope, inputs: Props) -> Created:
        return Created(inputs["name"], {**inputs, "arn": f"arn:idle:{inputs['name']}"})

    def read(self, scope: Scope, id: str, outputs: Props) -> Created | None:
        return Created(id, dict(outputs))

    def find(self, scope: Scope, inputs: Props) -> Created | None:
        return None

    def update(self, scope: Scope, id: str, old: Props, new: Props, outputs: Props) -> dict[str, Any]:
        return {**outputs, **new}

    def delete(self, scope: Scope, id: str, outputs: Props) -> None:
        return None


def program(size: int) -> Callable[[], None]:
    """Groups of ten: a component, a base, and resources that take the base's ARN."""

    def run() -> None:
        for group in range(size // 10):
            box = pulumi.ComponentResource("idle:index:Group", f"g{group}")
            here = pulumi.ResourceOptions(parent=box)
            tags = {"team": "screening", "environment": "dev", "group": str(group)}
            base = Thing(f"g{group}-base", here, tags=tags)
            for index in range(8):
                settings = {"index": index, "names": ["a", "b", "c"]}
                Thing(f"g{group}-{index}", here, tags=tags, source=base.arn, settings=settings)

    return run


def measure(operation: Callable[[], Result]) -> tuple[float, float]:
    """Wall and CPU seconds of an operation that must succeed."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = operation()
    if result.outcome != "succeeded":
        raise RuntimeError(f"the benchmark's own program failed: {result.error or result.failures}")
    return time.perf_counter() - wall, time.process_time() - cpu


def deployment(root: Path) -> Deployment:
    store = FileStore(root, "bench", lambda: "pass")
    return Deployment(project="bench", stack="dev", provider=Idle(), store=store, config={"idle:region": "eu-west-1"})


def measure_size(size: int) -> dict[str, Any]:
    """Wall and CPU milliseconds per resource of each operation, and this process's peak memory in MB."""
    let_rest()  # as the CLI does
    with tempfile.TemporaryDirectory() as folder:
        deployment(Path(folder)).preview(program(10))  # imports, which are not ours to count
    figures: dict[str, Any] = {}
    runs = [_operations(size) for _ in range(3 if size < 1000 else 1)]
    for name in runs[0]:
        figures[name] = [1000 * statistics.median(run[name][index] for run in runs) / size for index in (0, 1)]
    figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures[UNSAVED] = [1000 * seconds / size for seconds in _unsaved(size)]
    return figures


def _operations(size: int) -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory() as folder:
        one, run = deployment(Path(folder)), program(size)
        return {
            name: measure(operation)
            for name, operation in (
                ("preview, all new", partial(one.preview, run)),
                ("up, all new", partial(one.up, run)),
                ("preview, no change", partial(one.preview, run)),
                ("up, no change", partial(one.up, run)),
                ("destroy", one.destroy),
            )
        }


def _unsaved(size: int) -> tuple[float, float]:
    """The same `up` with neither lock nor journal nor checkpoint on disk: what it would cost to lose everything."""
    kept = Journal._write, FileStore.write, FileStore.add_history
    try:
        Journal._write = lambda self, line: 0  # type: ignore[method-assign]
        FileStore.write = lambda self, stack, text: None  # type: ignore[method-assign]
        FileStore.add_history = lambda self, stack, entry, text: None  # type: ignore[method-assign]
        with tempfile.TemporaryDirectory() as folder:
            return measure(partial(deployment(Path(folder)).up, program(size)))
    finally:
        Journal._write, FileStore.write, FileStore.add_history = kept  # type: ignore[method-assign]


def main() -> None:
    """Print milliseconds per resource for each operation and size, and how flat they are."""
    seen = {}
    print(f"{'resources':>9}  {'operation':<22}{'wall ms each':>14}{'CPU ms each':>13}")
    for size in SIZES:
        seen[size] = figures = json.loads(
            subprocess.run([sys.executable, "-m", __spec__.name, str(size)], check=True, stdout=subprocess.PIPE).stdout
        )
        for name, value in figures.items():
            if name != "memory":
                print(f"{size:>9}  {name:<22}{value[0]:>14.2f}{value[1]:>13.2f}", flush=True)
    _conclude(seen)


def _conclude(seen: dict[int, dict[str, Any]]) -> None:
    largest = seen[SIZES[-1]]
    for name, index, unit, limit in (
        ("preview, all new", 1, "CPU", 1.5),
        ("preview, no change", 1, "CPU", 1.5),
        ("up, all new", 0, "wall", 3.0),
    ):
        values = [figures[name][index] for figures in seen.values()]
        show(f"{name}: most {unit} a resource, of all sizes", max(values), "ms", f"must be at most {limit:.2f}")
        show(f"{name}: largest size / smallest", values[-1] / values[0], "", "must be at most 1.30")
    show(f"memory at {SIZES[-1]} resources", largest["memory"], "MB", "must be at most 450")
    saved, unsaved = largest["up, all new"], largest[UNSAVED]
    show("lock, journal and compaction: wall a resource", saved[0] - unsaved[0], "ms")
    show("  ratio to no saving at all", saved[0] / unsaved[0], "")


if __name__ == "__main__":
    print(json.dumps(measure_size(int(sys.argv[1])))) if sys.argv[1:] else main()
