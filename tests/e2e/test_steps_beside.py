"""Two steps that do not need each other: they run beside each other, and what follows has the same of them, on each
orchestrator, by real jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

TRAINING = """
extends: training
steps:
  prepare:
  double:
    kind: processing
    script: double.py
    inputs: {data: validate.data}
    outputs: {train: {zone: features, folder: doubled}}
  keep:
    kind: processing
    script: keep.py
    inputs: {data: validate.data}
    outputs: {test: {zone: features, folder: kept}}
  train:
    channels: {train: double.train}
  evaluate:
    inputs: {model: train.model, test: keep.test}
"""

DOUBLE = """
    import pathlib, time
    time.sleep(2)
    rows = pathlib.Path("/opt/ml/processing/input/data/numbers.csv").read_text().split()
    target = pathlib.Path("/opt/ml/processing/output/train")
    target.mkdir(parents=True, exist_ok=True)
    (target / "numbers.csv").write_text("".join(f"{2 * float(row)}\\n" for row in rows))
"""
KEEP = """
    import pathlib, shutil, time
    time.sleep(2)
    target = pathlib.Path("/opt/ml/processing/output/test")
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy("/opt/ml/processing/input/data/numbers.csv", target)
"""
EVALUATE = """
    import json, pathlib, tarfile
    with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as archive:
        mean = json.load(archive.extractfile("model.json"))["mean"]
    rows = pathlib.Path("/opt/ml/processing/input/test/numbers.csv").read_text().split()
    folder = pathlib.Path("/opt/ml/processing/output/evaluation")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(
        json.dumps({"metrics": {"auc": 0.95, "mean": mean, "rows": len(rows)}}))
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The run on a target, and what its endpoint answers."""
    folder: Path = tmp_path_factory.mktemp("beside") / "project"
    with tiny_environment(folder, request.param, {"training": TRAINING}) as made:
        return run_it(made)


def run_it(made: TinyEnvironment) -> dict[str, Any]:
    for script, text in (("double.py", DOUBLE), ("keep.py", KEEP), ("evaluate.py", EVALUATE)):
        made.write(script, text)
    made.run("run", "tiny-dev", "--follow")
    run = json.loads(made.run("runs", "tiny-dev", "last", "--json"))
    answer = json.loads(made.run("predict", "tiny-dev", "--data", "rows.json", "--json"))
    made.run("destroy", "tiny-dev", "--yes")
    return {"run": run, "answer": answer}


def test_a_run_ends_well_with_every_step(found: dict[str, Any]) -> None:
    steps = {step["name"]: step["status"] for step in found["run"]["steps"]}
    assert set(steps.values()) == {"succeeded"}
    assert {"double", "keep"} <= set(steps)
    assert "prepare" not in steps


def test_the_results_are_equal_on_each(found: dict[str, Any]) -> None:
    assert found["run"]["metrics"] == {"auc": 0.95, "mean": 4.0, "rows": 3.0}
    assert found["answer"] == {"predictions": [3.0]}


def test_the_steps_overlap_and_what_follows_waits_for_both(found: dict[str, Any]) -> None:
    steps = {step["name"]: step for step in found["run"]["steps"]}
    one, other = steps["double"], steps["keep"]
    assert max(one["started"], other["started"]) < min(one["ended"], other["ended"])
    assert steps["validate"]["ended"] <= min(one["started"], other["started"])
    assert max(one["ended"], other["ended"]) <= steps["evaluate"]["started"]
