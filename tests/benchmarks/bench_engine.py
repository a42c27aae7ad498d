"""What the embedded engine itself costs: many resources, and a cloud that does nothing.

python -m tests.benchmarks.bench_engine
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pulumi

from mlops_iac.engine.deployment import Deployment
from mlops_iac.engine.event import Result
from mlops_iac.engine.handler import Created, Scope
from mlops_iac.engine.state_store import FileStore
from mlops_iac.engine.values import Props

SIZES = (150, 500, 2000)


class Thing(pulumi.CustomResource):
    arn: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions, **inputs: Any) -> None:
        super().__init__("idle:index:Thing", name, {"arn": None, **inputs}, opts)


class Idle:
    """Provider and handler in one: every call succeeds at once."""

    account_id = "123456789012"
    type = "idle:index:Thing"

    def handler(self, type: str) -> Idle:
        return self

    def invoke(self, scope: Scope, token: str, args: Props) -> dict[str, Any]:
        return {}

    def check(self, scope: Scope, name: str, old: Props | None, new: Props) -> dict[str, Any]:
        return {**new, "name": name}

    def replaces(self, scope: Scope, old: Props, new: Props, changed: frozenset[str]) -> frozenset[str]:
        return changed & {"name"}

    def deletes_before_replace(self, old: Props, new: Props) -> bool:
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
    return Deployment(project="bench", stack="dev", provider=Idle(), store=store, config={"aws:region": "eu-west-1"})


def main() -> None:
    """Print wall time and CPU per resource for each operation and size."""
    with tempfile.TemporaryDirectory() as folder:
        deployment(Path(folder)).preview(program(10))  # imports, which are not ours to count
    print(f"{'resources':>9}  {'operation':<22}{'wall s':>8}{'CPU ms each':>13}")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            one = deployment(Path(folder))
            run = program(size)
            for name, operation in (
                ("preview, all new", partial(one.preview, run)),
                ("up, all new", partial(one.up, run)),
                ("preview, no change", partial(one.preview, run)),
                ("up, no change", partial(one.up, run)),
                ("destroy", one.destroy),
            ):
                wall, cpu = measure(operation)
                print(f"{size:>9}  {name:<22}{wall:>8.2f}{cpu * 1000 / size:>13.2f}")


if __name__ == "__main__":
    main()
