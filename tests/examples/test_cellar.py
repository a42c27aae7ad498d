"""The cellar's own story, as its README tells it: the blueprint realtime-inference on real wines."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.cloud.jobs.environments import framework_environment
from mlops_iac.core.frameworks import get_framework
from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

pytestmark = pytest.mark.slow

CELLAR = CHECKOUT / "examples/cellar"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("cellar") / "project")
    shutil.copy(CELLAR / "Pulumi.cellar-dev.yaml", folder / "stacks")
    made = Project(folder)
    made.run("up", "cellar-dev", "--yes")
    made.run("data", "put", "cellar-dev", "examples/cellar/data", "raw/")
    made.run("run", "cellar-dev", "training", "--follow")
    yield made
    made.run("cloud", "stop")


def test_it_tells_the_wines_apart(project: Project) -> None:
    run = json.loads(project.run("runs", "cellar-dev", "last", "--json"))
    assert run["status"] == "succeeded"
    assert run["metrics"]["accuracy"] == pytest.approx(0.962963)
    assert run["metrics"]["rows"] == 54


def test_the_endpoint_answers_as_the_readme_says(project: Project) -> None:
    answered = project.run("predict", "cellar-dev", "--data", "examples/cellar/sample.json")
    told = re.findall(r"^row .*$", (CELLAR / "README.md").read_text(), flags=re.MULTILINE)
    assert len(told) == 3
    assert [line for line in answered.splitlines() if line.startswith("row")] == told


def test_it_goes_to_the_last_resource(project: Project) -> None:
    done = json.loads(project.run("destroy", "cellar-dev", "--yes", "--json"))
    assert set(done["changeSummary"]) == {"delete"}


def test_its_data_is_what_its_maker_makes(tmp_path: Path) -> None:
    shutil.copytree(CELLAR, tmp_path / "cellar")
    python = framework_environment(get_framework("sklearn", "1.4-2")).python
    subprocess.run([python, str(tmp_path / "cellar/make_data.py")], check=True)
    for name in ("data/wines.csv", "sample.json"):
        assert (tmp_path / "cellar" / name).read_bytes() == (CELLAR / name).read_bytes()
