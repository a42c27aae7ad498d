"""Loading a stack file, beyond imports: a good one, and one with a mistake in every option."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mlops_iac.blueprints import BLUEPRINTS, get_options_model
from mlops_iac.config import load_stack
from mlops_iac.config.regions import list_regions
from mlops_iac.config.schema import stack_schema
from mlops_iac.core.errors import ConfigError
from mlops_iac.scaffold import Answers, new_stack
from tests.benchmarks.measure import show

WRONG = """\
  mlops-iac:options:
    framework: {name: sklern, version: 1.10}
    gate: {metric: 1, at_leest: x}
    serving: {flavour: serverles}
    instances: {train: {instance_type: m5, instance_count: 900}}
"""


def main() -> None:
    models = {name: get_options_model(name) for name in BLUEPRINTS}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = new_stack(
            root, Answers(team="screening", environment="dev", blueprint="tabular-batch", code="code"), models
        )
        list_regions.cache_clear()
        show("the first load of a stack file", 1000 * _seconds(lambda: _load(root)), "ms", "must be less than 30")
        show("a good stack file", 1000 * _median(lambda: _load(root)), "ms")
        path.write_text(path.read_text().split("  mlops-iac:options:")[0] + WRONG)
        show("a stack file with mistakes in every option", 1000 * _median(lambda: _load(root)), "ms")
    show("the schema of all blueprints", 1000 * _median(lambda: stack_schema(models)), "ms")


def _load(root: Path) -> None:
    with contextlib.suppress(ConfigError):
        load_stack(root, "screening-dev", options_model=get_options_model)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(work: Callable[[], object]) -> float:
    return statistics.median(_seconds(work) for _ in range(20))


if __name__ == "__main__":
    main()
