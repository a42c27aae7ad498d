"""Two models, a person, and a choice: a pipeline that a team wrote itself, as its README tells it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

pytestmark = pytest.mark.slow

STACK, EXAMPLE = "diabetes-dev", "examples/two-models"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("two-models") / "project")
    shutil.copy(CHECKOUT / EXAMPLE / f"Pulumi.{STACK}.yaml", folder / "stacks")
    made = Project(folder)
    made.run("up", STACK, "--yes")
    made.run("data", "put", STACK, f"{EXAMPLE}/data", "raw/")
    yield made
    made.run("cloud", "stop")


def show(project: Project, run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.run("runs", "show", STACK, run, "--json"))
    return found


def approved(project: Project, *arguments: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A run to its end, with the person's word as soon as it is asked for; and its steps' statuses."""
    run = project.run("run", STACK, "training", *arguments).strip()
    for _ in range(600):
        if {step["name"]: step["status"] for step in show(project, run)["steps"]}["approve"] == "running":
            break
        time.sleep(0.2)
    project.run("approve", STACK, run, "--reason", "Both were looked at")
    project.run("runs", "watch", STACK, run)
    found = show(project, run)
    return found, {step["name"]: step["status"] for step in found["steps"]}


def test_the_simple_model_serves_when_the_large_one_gains_little(project: Project) -> None:
    run, steps = approved(project)
    assert run["status"] == "succeeded"
    assert run["metrics"]["gain"] == pytest.approx(0.001, abs=0.0005)
    assert (steps["deploy-linear"], steps["deploy-forest"]) == ("succeeded", "skipped")
    by_name = {step["name"]: step for step in run["steps"]}
    assert by_name["linear"]["started"] <= by_name["forest"]["ended"], "the trainings overlap"
    assert by_name["forest"]["started"] <= by_name["linear"]["ended"]
    answers = json.loads(project.run("predict", STACK, "--data", f"{EXAMPLE}/sample.json", "--json"))["predictions"]
    assert answers == pytest.approx([206.35, 67.55, 177.51], abs=0.1)


def test_the_large_model_serves_when_the_bound_says_so(project: Project) -> None:
    run, steps = approved(project, "--set", "worth_it=0")
    assert run["status"] == "succeeded"
    assert (steps["deploy-linear"], steps["deploy-forest"]) == ("skipped", "succeeded")
