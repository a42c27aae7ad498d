"""A tuning step, from a team's file to the best model in the registry, on each orchestrator."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mlops_iac.core import exit_codes
from mlops_iac.pipelines.compile import TARGETS
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.runs("tune", on=TARGETS)]

TRAINING = """
extends: training
steps:
  train:
    kind: tune
    script: search.py
    channels: {train: prepare.train}
    hyperparameters: {fixed: a value}
    objective: {metric: score, regex: "score=([-0-9.e]+)"}
    strategy: random
    seed: 3
    ranges:
      rate: {min: 0.0, max: 2.0}
      kind: [plain, with a blank]
    max_jobs: 3
    max_parallel: 2
  deploy:
"""
GRID = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  find:
    kind: tune
    script: search.py
    channels: {train: parameters.data}
    objective: {metric: loss, goal: minimize}
    strategy: grid
    ranges: {rate: [1, 2]}
    max_parallel: 1
    checkpoints: true
  look:
    kind: processing
    script: look.py
    inputs: {model: find.model}
    outputs: {report: {zone: models, folder: report}}
"""
LOST = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  find:
    kind: tune
    script: search.py
    channels: {train: parameters.data}
    objective: {metric: auc, regex: "auc is ([0-9.]+)"}
    strategy: grid
    ranges: {rate: [1, 2]}
"""
SEARCH = """
    import argparse, json, os, pathlib
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float)
    parser.add_argument("--kind", default="plain")
    parser.add_argument("--fixed", default="")
    given = parser.parse_args()
    assert given.fixed in ("", "a value") and given.kind in ("plain", "with a blank")
    score = -(given.rate - 1) ** 2
    print(f"score={score}")
    kept = pathlib.Path("/opt/ml/checkpoints")
    if kept.is_dir():
        (kept / "rate.txt").write_text(str(given.rate))
        assert len([*kept.iterdir()]) == 1, "a trial sees no other's"
    evaluation = pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "evaluation.json")
    evaluation.write_text(json.dumps({"metrics": {"loss": -score}}))
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps({"rate": given.rate}))
"""
LOOK = """
    import json, pathlib, tarfile
    with tarfile.open("/opt/ml/processing/input/model/model.tar.gz") as archive:
        rate = json.load(archive.extractfile("model.json"))["rate"]
    folder = pathlib.Path("/opt/ml/processing/output/report")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(str(rate))
    print(f"look: the best rate is {rate}")
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    files = {"training": TRAINING, "grid": GRID, "lost": LOST}
    with tiny_environment(tmp_path_factory.mktemp("tuned") / "project", request.param, files) as made:
        made.write("search.py", SEARCH)
        made.write("look.py", LOOK)
        yield made


def test_the_best_of_the_trials_is_registered(project: TinyEnvironment) -> None:
    project.run("run", "tiny-dev", "training", "--follow")
    run = json.loads(project.run("runs", "tiny-dev", "last", "--json"))
    assert {step["status"] for step in run["steps"]} == {"succeeded"}
    assert run["model_package_arn"]
    trials = next(step for step in run["steps"] if step["name"] == "train")["trials"]
    assert len(trials) == 3
    assert {trial["status"] for trial in trials} == {"succeeded"}
    assert {*trials[0]["hyperparameters"]} == {"rate", "kind"}
    for trial in trials:
        assert trial["objective"] == pytest.approx(-((float(trial["hyperparameters"]["rate"]) - 1) ** 2))
    (best,) = (trial for trial in trials if trial["best"])
    assert best["objective"] == max(trial["objective"] for trial in trials)
    shown = project.run("runs", "tiny-dev", "last")
    assert "rate=" in shown
    assert "best" in shown
    log = project.run("logs", "tiny-dev", "last", "train")
    assert all(f"00{number} score=" in log for number in (1, 2, 3))


def test_a_grid_over_an_evaluation_hands_its_best_model_on(project: TinyEnvironment) -> None:
    project.run("run", "tiny-dev", "grid", "--follow")
    assert "the best rate is 1" in project.run("logs", "tiny-dev", "last", "look")


def test_an_objective_that_no_log_shows_fails_with_its_regex(project: TinyEnvironment) -> None:
    told = project.run("run", "tiny-dev", "lost", "--follow", code=exit_codes.ERROR)
    assert "auc is ([0-9.]+)" in told
    assert "No objective metrics found" in told


def test_each_right_to_tune_is_used(project: TinyEnvironment) -> None:
    """By the statement that allowed what was asked: of what a tag allows nothing can be taken away in thought."""
    told = project.cloud.rights()
    assert told["refused"] == []
    used = {(line["principal"], line["statement"]) for line in told["allowed"]}
    rights = [(role, right["sid"]) for role, found in told["roles"].items() for right in found]
    tuning = [(role, sid) for role, sid in rights if "Tun" in sid or "Trial" in sid]
    assert len(tuning) >= 3
    assert not [one for one in tuning if one not in used]
