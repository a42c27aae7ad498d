"""A team's own pipelines, from their files to what ran, on each orchestrator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from mlops_iac.pipelines.compile import TARGETS
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.runs("processing", on=TARGETS)]

TRAINING = """
extends: training
parameters:
  rows: {type: number, default: 3, minimum: 1, description: How many rows the report names.}
steps:
  report:
    kind: processing
    script: report.py
    inputs: {data: validate.data}
    outputs: {report: {zone: models, folder: report}}
    arguments: {rows: parameters.rows}
  train:
    after: [report]
  deploy:
"""
REFRESH = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  clean:
    kind: processing
    script: validate.py
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated}}
"""
REPORT = """
    import pathlib, sys
    folder = pathlib.Path("/opt/ml/processing/output/report")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.txt").write_text(" ".join(sys.argv[1:]))
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    files = {"training": TRAINING, "refresh": REFRESH}
    with tiny_environment(tmp_path_factory.mktemp("own") / "project", request.param, files) as made:
        made.write("report.py", REPORT)
        yield made


def test_the_changed_pipeline_runs_what_its_file_says(project: TinyEnvironment, tmp_path: Path) -> None:
    project.run("run", "tiny-dev", "training", "--set", "rows=2", "--follow")
    run = json.loads(project.run("runs", "tiny-dev", "last", "--json"))
    assert [step["name"] for step in run["steps"]] == [
        "validate", "prepare", "report", "train", "evaluate", "gate", "register",
    ]  # fmt: skip
    assert {step["status"] for step in run["steps"]} == {"succeeded"}
    assert run["parameters"]["rows"] == 2
    by_name = {step["name"]: step for step in run["steps"]}
    assert by_name["report"]["ended"] <= by_name["train"]["started"]
    project.run("data", "get", "tiny-dev", f"models/{run['id']}/report/", str(tmp_path))
    (report,) = tmp_path.rglob("report.txt")
    assert report.read_text().split() in (["--rows", "2"], ["--rows", "2.0"])


def test_the_teams_own_pipeline_runs_beside_it(project: TinyEnvironment) -> None:
    project.run("run", "tiny-dev", "refresh", "--follow")
    run = json.loads(project.run("runs", "tiny-dev", "last", "--json"))
    assert (run["pipeline"], run["status"], [step["name"] for step in run["steps"]]) == (
        "refresh", "succeeded", ["clean"],
    )  # fmt: skip


def test_a_parameter_outside_its_bounds_starts_nothing(project: TinyEnvironment) -> None:
    project.refused(
        "run", "tiny-dev", "training", "--set", "rows=0", code=exit_codes.CONFIGURATION,
        says=("`rows` must be 1 or more; the value given is 0",),
    )  # fmt: skip


def test_a_pipeline_whose_file_is_gone_goes_too(project: TinyEnvironment) -> None:
    (project.folder / "examples/tiny/pipelines/refresh.yaml").unlink()
    project.run("up", "tiny-dev", "--yes")
    project.refused("run", "tiny-dev", "refresh", code=exit_codes.CONFIGURATION, says=("has no pipeline `refresh`",))
    project.run("destroy", "tiny-dev", "--yes")
