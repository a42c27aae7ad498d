"""The forecasting example as its README runs it: one bundle answers for every shop. Fewer shops and settings on each
change, all of its 20,000 trainings by night."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

SIZES = [(6, 20), pytest.param((200, 100), marks=pytest.mark.nightly)]
"""Shops, and settings of each."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=SIZES, ids=str)
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    shops, settings = request.param
    return shops, settings


@pytest.fixture(scope="module")
def project(size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    shops, settings = size
    folder = make_project(tmp_path_factory.mktemp("forecasting") / "project")
    example = folder / "examples/forecasting"
    shutil.copy(CHECKOUT / "examples/forecasting/Pulumi.forecasting-dev.yaml", folder / "stacks")
    stack = folder / "stacks/Pulumi.forecasting-dev.yaml"
    stack.write_text(stack.read_text().replace("settings: 100,", f"settings: {settings},"))
    subprocess.run([sys.executable, example / "make_data.py", "--series", str(shops)], check=True)
    made = Project(folder)
    made.run("up", "forecasting-dev", "--yes")
    made.run("data", "put", "forecasting-dev", "examples/forecasting/data", "raw/")
    yield made
    made.run("cloud", "stop")


def follow(project: Project) -> None:
    """A run to its end, which may take long."""
    process = project.start("run", "forecasting-dev", "training", "--follow")
    told = process.communicate(timeout=3600)
    assert process.returncode == 0, told


def test_the_best_of_each_shop_goes_into_one_bundle_that_answers_for_all(
    project: Project, size: tuple[int, int]
) -> None:
    shops, settings = size
    follow(project)
    run = json.loads(project.run("runs", "forecasting-dev", "last", "--json"))
    assert {step["status"] for step in run["steps"]} == {"succeeded"}
    assert run["metrics"]["series"] == shops
    assert run["metrics"]["gain"] >= 0.1
    log = project.run("logs", "forecasting-dev", run["id"], "train")
    assert f"the best of {shops * settings} trainings for each of {shops} series" in log
    told = json.loads(project.run("predict", "forecasting-dev", "--data", "examples/forecasting/sample.json", "--json"))
    asked = json.loads((project.folder / "examples/forecasting/sample.json").read_text())["instances"]
    assert len(json.dumps(told)) > 20
    answers = told["predictions"] if "predictions" in told else told["answer"]["predictions"]
    assert len(answers) == len(asked)
    for answer, one in zip(answers, asked, strict=True):
        assert 0.3 * min(one["history"]) < answer < 2 * max(one["history"])


def test_a_second_run_does_no_training_of_the_map_again(project: Project, size: tuple[int, int]) -> None:
    shops, settings = size
    follow(project)
    log = project.run("logs", "forecasting-dev", "last", "fit")
    assert f"{shops * settings:,} of {shops * settings:,} tasks reused; 0 of {shops} items are left to do" in log
