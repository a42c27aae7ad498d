"""Whether a machine with NVIDIA GPUs is used as it should be: for a person who has one, from a checkout.

    .venv/bin/python scripts/check_gpu.py

It brings up an environment of the answers example in a folder of its own, looks at which devices jobs see, trains on
CUDA and on the CPU, and compares. It takes minutes, and five gigabytes for PyTorch the first time. It ends with 0 when
all is well, with 1 when something is not, and with 77 where there is no GPU, because then nothing was checked.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
sys.path.insert(0, str(CHECKOUT))

from mlops_iac.cloud.jobs.environments import framework_environment  # noqa: E402
from mlops_iac.cloud.jobs.gpus import here  # noqa: E402
from mlops_iac.core.frameworks import get_framework  # noqa: E402
from tests.conftest import make_project  # noqa: E402
from tests.e2e.bad_input.project import Project  # noqa: E402

NOTHING_CHECKED = 77
STACK = "answers-dev"
NEAR = 0.1
"""How far the losses on CUDA and on the CPU may be from each other after as many steps: sums come in another order."""
LOOK = """
import os, sys
print("sees", os.environ["CUDA_VISIBLE_DEVICES"] or "none")
"""
PIPELINE = """
parameters: {{data: {{type: prefix, default: raw/}}}}
steps:
  look:
    kind: training
    script: look.py
    channels: {{train: parameters.data}}
    job: {{instance_type: {kind}}}
"""
TRAINING = """
extends: training
steps:
  train: {{job: {{instance_type: {kind}}}}}
  merge:
  quantise:
  evaluate:
  gate:
  register:
  deploy:
"""
GPU, CPU = "ml.g5.xlarge", "ml.m5.xlarge"


def main() -> int:
    devices = here()
    if not devices:
        print("no GPU: nothing was checked")
        return NOTHING_CHECKED
    print(f"GPUs of this machine: {', '.join(devices)}")
    framework_environment(get_framework("pytorch", "2.6.0"))
    with tempfile.TemporaryDirectory() as name:
        project = prepared(Path(name) / "project")
        try:
            wrong = [*find_faults(project, devices[0])]
        finally:
            project.run("cloud", "stop")
    for fault in wrong:
        print(f"WRONG: {fault}")
    print("wrong" if wrong else "well")
    return 1 if wrong else 0


def prepared(folder: Path) -> Project:
    project = Project(make_project(folder))
    code = project.folder / "examples/answers"
    shutil.copy(CHECKOUT / "examples/answers/Pulumi.answers-dev.yaml", project.folder / "stacks")
    (code / "look.py").write_text(LOOK)
    (code / "pipelines").mkdir()
    for name, kind in (("gpu", GPU), ("cpu", CPU)):
        (code / f"pipelines/look-{name}.yaml").write_text(PIPELINE.format(kind=kind))
        (code / f"pipelines/train-{name}.yaml").write_text(TRAINING.format(kind=kind))
    subprocess.run([sys.executable, code / "make_data.py"], check=True, capture_output=True)
    project.run("up", STACK, "--yes")
    project.run("data", "put", STACK, "examples/answers/data", "raw/")
    return project


def find_faults(project: Project, first: str) -> Iterator[str]:
    for name, seen in (("gpu", first), ("cpu", "none")):
        log, _ = run(project, f"look-{name}", "look")
        if f"sees {seen}" not in log:
            yield f"a job on {GPU if name == 'gpu' else CPU} should see {seen}: {log}"
    losses = dict[str, float]()
    for name, device in (("gpu", "cuda:0"), ("cpu", "cpu")):
        log, seconds = run(project, f"train-{name}", "train")
        if f" on {device}, " not in log:
            yield f"the training should be on {device}: {log}"
        losses[name] = float(re.findall(r"loss ([0-9.]+)", log)[-1])
        print(f"trained on {device} in {seconds:.1f} s, to a loss of {losses[name]:.4f}")
    if abs(losses["gpu"] - losses["cpu"]) > NEAR:
        yield f"the losses differ by more than {NEAR}: {losses}"


def run(project: Project, pipeline: str, step: str) -> tuple[str, float]:
    """The log of a step, and its seconds."""
    process = project.start("run", STACK, pipeline, "--follow")
    told = process.communicate(timeout=3600)
    if process.returncode:
        sys.exit(f"the run of {pipeline} failed: {told}")
    steps = json.loads(project.run("runs", STACK, "last", "--json"))["steps"]
    return project.run("logs", STACK, "last", step), float(next(one["seconds"] for one in steps if one["name"] == step))


if __name__ == "__main__":
    sys.exit(main())
