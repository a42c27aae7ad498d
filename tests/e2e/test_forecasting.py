"""The forecasting example as its README runs it, with fewer shops and settings: one bundle answers for every shop."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

SHOPS, SETTINGS = 6, 20

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("forecasting") / "project")
    example = folder / "examples/forecasting"
    shutil.copy(CHECKOUT / "examples/forecasting/stacks/Pulumi.forecasting-dev.yaml", folder / "stacks")
    pipeline = example / "pipelines/training.yaml"
    pipeline.write_text(pipeline.read_text().replace("inner: 100 ", f"inner: {SETTINGS} "))
    subprocess.run([sys.executable, example / "make_data.py", "--series", str(SHOPS)], check=True)
    made = Project(folder)
    made.run("up", "forecasting-dev", "--yes")
    made.run("data", "put", "forecasting-dev", "examples/forecasting/data", "raw/")
    yield made
    made.run("cloud", "stop")


def test_the_best_of_each_shop_goes_into_one_bundle_that_answers_for_all(project: Project, tmp_path: Path) -> None:
    project.run("run", "forecasting-dev", "training", "--follow")
    run = json.loads(project.run("runs", "forecasting-dev", "last", "--json"))
    assert {step["status"] for step in run["steps"]} == {"succeeded"}
    assert run["metrics"]["series"] == SHOPS
    assert run["metrics"]["gain"] >= 0.1
    log = project.run("logs", "forecasting-dev", run["id"], "train")
    assert f"the best of {SHOPS * SETTINGS} trainings for each of {SHOPS} series" in log
    told = json.loads(project.run("predict", "forecasting-dev", "--data", "examples/forecasting/sample.json", "--json"))
    asked = json.loads((project.folder / "examples/forecasting/sample.json").read_text())["instances"]
    assert len(json.dumps(told)) > 20
    answers = told["predictions"] if "predictions" in told else told["answer"]["predictions"]
    assert len(answers) == len(asked)
    for answer, one in zip(answers, asked, strict=True):
        assert 0.3 * min(one["history"]) < answer < 2 * max(one["history"])
