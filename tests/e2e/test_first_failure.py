"""What an endpoint is said to serve after a run that failed: nothing at first, later the model of the last good run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from mlops_iac.pipelines.compile import TARGETS
from tests.conftest import make_project
from tests.e2e.bad_input.project import Project
from tests.support.tiny_team import FILES, write_script, write_tiny_team

pytestmark = pytest.mark.nightly

STACK = """config:
  aws:region: eu-west-1
  mlops-iac:team: tiny
  mlops-iac:environment: dev
  mlops-iac:blueprint: tabular-batch
  mlops-iac:code: examples/tiny
  mlops-iac:options:
    orchestrator: {target}
"""
BROKEN = 'def model_fn(folder):\n    raise ValueError("written by a newer version")'


@pytest.fixture(params=TARGETS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    folder = make_project(tmp_path / "project")
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    write_tiny_team(folder)
    (folder / "stacks/Pulumi.tiny-dev.yaml").write_text(STACK.format(target=request.param))
    made = Project(folder)
    made.run("up", "tiny-dev", "--yes")
    made.run("data", "put", "tiny-dev", "data", "raw/")
    yield made
    made.run("cloud", "stop")


def write_inference(project: Project, text: str) -> None:
    write_script(project.folder / "examples/tiny/inference.py", text)


def fail(project: Project) -> str:
    """A run whose model cannot be loaded; answers what is told."""
    write_inference(project, BROKEN)
    return project.refused(
        "run", "tiny-dev", "--follow", code=exit_codes.ERROR,
        says=("Step `deploy`", "ValueError: written by a newer version"),
    )  # fmt: skip


def last_run(project: Project) -> str:
    found: str = json.loads(project.run("runs", "tiny-dev", "--json"))["runs"][0]["id"]
    return found


def test_before_the_first_model_none_serves_and_afterwards_the_last_good_one(project: Project) -> None:
    for _ in range(2):
        told = fail(project)
        assert "tiny-dev-endpoint still has no model" in told
        assert "keeps serving" not in told
    asked = project.refused("predict", "tiny-dev", "--data", "rows.json", code=exit_codes.ERROR)
    assert "a new run replaces it" in asked

    write_inference(project, FILES["inference.py"])
    project.run("run", "tiny-dev", "--follow")
    good = last_run(project)
    told = fail(project)
    assert last_run(project) != good
    assert re.findall(r"keeps serving the model of run (\S+)\.", told) == [good]
    assert "5" in project.run("predict", "tiny-dev", "--data", "rows.json")
