"""The sum of two numbers: a model that passes its own test and is refused, because serving looks otherwise."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

pytestmark = pytest.mark.slow

DATA = "examples/sum/data"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("sum") / "project")
    shutil.copy(CHECKOUT / "examples/sum/Pulumi.sum-dev.yaml", folder / "stacks")
    made = Project(folder)
    made.run("up", "sum-dev", "--yes")
    made.run("data", "put", "sum-dev", f"{DATA}/asked.csv", "raw/serving/asked.csv")
    yield made
    made.run("cloud", "stop")


def last(project: Project) -> dict:
    found: dict = json.loads(project.run("runs", "sum-dev", "last", "--json"))
    return found


def test_a_model_of_equal_pairs_is_refused_by_the_column_that_differs(project: Project) -> None:
    project.run("data", "put", "sum-dev", f"{DATA}/equal.csv", "raw/pairs/pairs.csv")
    project.refused(
        "run", "sum-dev", "training", "--follow", code=exit_codes.ERROR,
        says=("columns.a_minus_b.ks is 0.51, the gate wants <= 0.2", "still has no model"),
    )  # fmt: skip
    metrics = last(project)["metrics"]
    assert metrics["worst_error"] == 0, "its own test found nothing"
    assert max(metrics["columns.a.ks"], metrics["columns.b.ks"]) < 0.1, "nor did a look at each column alone"


def test_a_model_of_any_pairs_passes_and_adds(project: Project) -> None:
    project.run("data", "put", "sum-dev", f"{DATA}/pairs.csv", "raw/pairs/pairs.csv")
    project.run("run", "sum-dev", "training", "--follow")
    run = last(project)
    assert (run["status"], run["metrics"]["columns.a_minus_b.ks"]) == ("succeeded", pytest.approx(0.0311))
    answers = json.loads(project.run("predict", "sum-dev", "--data", "examples/sum/sample.json", "--json"))
    assert answers["predictions"] == pytest.approx([5, 7.5, 8], abs=0.3)


def test_the_readme_tells_these_figures() -> None:
    text = (CHECKOUT / "examples/sum/README.md").read_text()
    for words in ("columns.a_minus_b.ks is 0.51, the gate wants <= 0.2.", "columns.a_minus_b.ks is 0.0311"):
        assert words in text


def test_its_data_is_what_its_maker_makes(tmp_path: Path) -> None:
    import subprocess
    import sys

    shutil.copytree(CHECKOUT / "examples/sum", tmp_path / "sum")
    subprocess.run([sys.executable, tmp_path / "sum/make_data.py"], check=True)
    for file in (CHECKOUT / DATA).iterdir():
        assert (tmp_path / "sum/data" / file.name).read_bytes() == file.read_bytes()
