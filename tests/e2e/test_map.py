"""A script for each row of a file that a step made, on each target and place to compute: one result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.support import tiny_environment as tiny
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.runs("map", on=TARGETS),
    pytest.mark.runs("map", "processing", on=["step-functions"], compute="batch"),
]

PLACES = [
    ("step-functions", "sagemaker"),
    ("sagemaker-pipelines", "sagemaker"),
    pytest.param(("airflow", "sagemaker"), marks=pytest.mark.nightly),
    ("step-functions", "batch"),
]
CACHES = {"fitting": "false", "cached": "true"}
FITTING = """
parameters:
  horizon: {{type: number, default: 4}}
steps:
  list:
    kind: processing
    script: list_series.py
    inputs: {{}}
    outputs: {{series: {{zone: features, folder: series}}}}
    compute: {compute}
  fit:
    kind: map
    script: fit.py
    items: list.series
    inner: 2
    tolerate: 25%
    arguments: {{horizon: parameters.horizon}}
    results: {{zone: models, folder: fits}}
    compute: {compute}
    cache: {cache}
    containers: {containers}
  best:
    kind: processing
    script: best.py
    inputs: {{fits: fit.results}}
    outputs: {{best: {{zone: models, folder: best}}}}
    compute: {compute}
"""
SCRIPTS = {
    "list_series.py": """
        import pathlib
        pathlib.Path("/opt/ml/processing/output/series/items.csv").write_text("series,level\\na,1\\nb,2\\nc,3\\nd,4\\n")
    """,
    "fit.py": """
        import argparse, json, os
        parser = argparse.ArgumentParser()
        for name in ("series", "level", "index", "horizon"):
            parser.add_argument(f"--{name}")
        given = parser.parse_args()
        if given.series == "c":
            raise ValueError("series c has no rows")
        score = int(given.level) * 10 + int(given.index)
        with open(os.environ["MLOPS_IAC_RESULT"], "w") as file:
            json.dump({"score": score, "horizon": float(given.horizon)}, file)
    """,
    "best.py": """
        import json, pathlib
        fits = pathlib.Path("/opt/ml/processing/input/fits")
        lines = [json.loads(line) for file in fits.glob("part-*.jsonl") for line in file.read_text().splitlines()]
        found = sorted([line["item"]["series"], line["index"], line["result"]["score"]] for line in lines)
        pathlib.Path("/opt/ml/processing/output/best/best.json").write_text(json.dumps(found))
    """,
}


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    target, compute = request.param
    with pytest.MonkeyPatch.context() as patch:
        if target != "airflow":
            patch.setattr(tiny, "STACK", tiny.STACK + "    batch: {{enabled: true}}\n")
        folder = tmp_path_factory.mktemp("map") / "project"
        own = {"compute": compute, "containers": 2 if compute == "batch" else 1}
        pipelines = {name: FITTING.format(cache=cache, **own) for name, cache in CACHES.items()}
        with tiny_environment(folder, target, pipelines) as made:
            for name, text in SCRIPTS.items():
                made.write(name, text)
            made.items_have_jobs = target == "step-functions"
            yield made


def test_each_row_is_fitted_for_each_index_and_the_one_that_failed_is_left_out(
    project: TinyEnvironment, tmp_path: Path
) -> None:
    project.run("run", "tiny-dev", "fitting", "--follow")
    run = json.loads(project.run("runs", "tiny-dev", "last", "--json"))
    assert {step["status"] for step in run["steps"]} == {"succeeded"}
    rows = [("a", 1), ("b", 2), ("d", 4)]
    expected = [[name, index, 10 * level + index] for name, level in rows for index in (0, 1)]
    assert read_best(project, run["id"], tmp_path) == expected
    assert "item 2 failed: index 0: ValueError: series c has no rows" in project.run("logs", "tiny-dev", "last", "fit")
    if project.items_have_jobs:
        log = project.run("logs", "tiny-dev", "last", "fit", "--item", "2")
        assert "item 2 failed" in log
        assert project.run("logs", "tiny-dev", "last", "fit", "--item", "3").strip() == ""


def read_best(project: TinyEnvironment, run: str, folder: Path) -> Any:
    """What the last step left."""
    project.run("data", "get", "tiny-dev", f"models/{run}/best/", str(folder))
    (file,) = folder.rglob("best.json")
    return json.loads(file.read_text())


def test_what_an_earlier_run_did_is_not_done_again(project: TinyEnvironment, tmp_path: Path) -> None:
    best = []
    for known in (0, 6):  # of eight: the series that fails has nothing that could be kept
        project.run("run", "tiny-dev", "cached", "--follow")
        run = json.loads(project.run("runs", "tiny-dev", "last", "--json"))
        log = project.run("logs", "tiny-dev", "last", "fit")
        assert f"{known} of 8 tasks reused" in log, log
        best.append(read_best(project, run["id"], tmp_path / run["id"]))
    assert best[0] == best[1]
    assert len(best[0]) == 6


def test_more_failures_than_are_tolerated_fail_the_run(project: TinyEnvironment) -> None:
    project.write("fit.py", "raise ValueError('no rows at all')")
    project.refused("run", "tiny-dev", "fitting", "--follow", code=1, says=("fit",))
    run = json.loads(project.run("runs", "tiny-dev", "last", "--json"))
    assert [step["status"] for step in run["steps"]] == ["succeeded", "failed", "skipped"]


def test_an_empty_list_is_told(project: TinyEnvironment) -> None:
    project.write(
        "list_series.py",
        'import pathlib; pathlib.Path("/opt/ml/processing/output/series/items.csv").write_text("series,level\\n")',
    )
    project.refused("run", "tiny-dev", "fitting", "--follow", code=1, says=("there is no item in", "data put"))
