"""From a new project to the first model of each blueprint's example: `up` on a cloud that begins, data, one run.

The environments of frameworks are there already, as after any first job. ``MLOPS_IAC_RECORD=1`` writes what was
measured to ``docs/from_code/first_models.json``, from which the catalogue and `blueprint list` tell it.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from mlops_iac.blueprints import BLUEPRINTS, Blueprint, about, get_blueprint
from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework
from tests.benchmarks.measure import show
from tests.benchmarks.project import CHECKOUT

RECORD = CHECKOUT / "docs/from_code/first_models.json"


def main() -> None:
    blueprints = {name: get_blueprint(name) for name in BLUEPRINTS}
    found = {}
    for name, blueprint in blueprints.items():
        if (example := about(blueprint).example) and not waits(blueprint):
            found[name] = first_model(example, about(blueprint).runs)
            show(f"{name}: first model", found[name], "s")
    if os.environ.get("MLOPS_IAC_RECORD"):
        machine = f"{os.cpu_count()} cores, {platform.system()}"
        record = {"measured": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine}
        RECORD.write_text(
            json.dumps({**record, "seconds": {name: round(one) for name, one in found.items()}}, indent=2) + "\n"
        )


def waits(blueprint: Blueprint) -> bool:
    """For a person, whose time nobody can measure."""
    return any(
        step.kind == "approval" for pipeline in blueprint.pipelines(blueprint.Options()) for step in pipeline.ordered
    )


def first_model(example: str, pipelines: Sequence[str]) -> float:
    """Seconds of the commands that a person types, first to last."""
    folder = Path(tempfile.mkdtemp(prefix="mlops-iac-first-")) / "project"
    try:
        run(folder.parent, "init", str(folder), "--example", example)
        [stack_file] = (folder / "stacks").glob("Pulumi.*.yaml")
        stack, data = stack_file.name.split(".")[1], make_data(folder / "examples" / example)
        before = time.monotonic()
        run(folder, "up", stack, "--yes")
        if data.is_dir():
            run(folder, "data", "put", stack, str(data), "raw/")
        for pipeline in pipelines:
            run(folder, "run", stack, pipeline, "--follow")
        return time.monotonic() - before
    finally:
        run(folder, "cloud", "stop")
        shutil.rmtree(folder.parent, ignore_errors=True)


def make_data(example: Path) -> Path:
    """What the example puts into ``raw/``; what is too large to lie beside the code is made."""
    if not (example / "data").is_dir() and (example / "make_data.py").exists():
        python = framework_environment(get_framework("sklearn", "1.4-2")).python
        subprocess.run([python, "make_data.py"], cwd=example, check=True)
    whole, raw = example / "data", example / "data" / "raw"
    return raw if raw.is_dir() else whole


def run(folder: Path, *arguments: str) -> str:
    program = str(Path(sys.executable).with_name("mlops-iac"))
    return subprocess.run([program, *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
