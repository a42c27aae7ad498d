"""The practice's own story, as its README tells it: the blueprint sagemaker-managed on real insured people."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

pytestmark = pytest.mark.slow

STACK, EXAMPLE = "practice-dev", "examples/practice"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("practice") / "project")
    shutil.copy(CHECKOUT / EXAMPLE / f"Pulumi.{STACK}.yaml", folder / "stacks")
    made = Project(folder)
    made.run("preview", STACK)
    made.run("up", STACK, "--yes")
    made.run("data", "put", STACK, f"{EXAMPLE}/data/raw", "raw/")
    made.run("run", STACK, "training", "--follow")
    yield made
    made.run("cloud", "stop")


def ask(project: Project, month: str) -> dict[str, Any]:
    """A month's request, what became known of it, and the look at both: report and alarms."""
    data = f"{EXAMPLE}/data/{month}"
    project.run("predict", STACK, "--data", f"{data}-asked.csv", "--inference-id", month)
    project.run("data", "put", STACK, f"{data}-truth.csv", "curated/truth/")
    project.run("run", STACK, "monitoring", "--follow")
    found: dict[str, Any] = json.loads(project.run("monitor", STACK, "--json"))["endpoints"][0]
    return found


def trainings(project: Project) -> list[dict[str, Any]]:
    found = json.loads(project.run("runs", STACK, "--json"))["runs"]
    return [run for run in found if run["pipeline"] == "training"]


def test_it_serves_a_model_that_was_measured_in_every_way(project: Project) -> None:
    (run,) = trainings(project)
    assert run["status"] == "succeeded"
    assert run["metrics"]["auc"] == pytest.approx(0.677, abs=0.02)
    answered = project.run("predict", STACK, "--data", f"{EXAMPLE}/sample.json")
    assert len(re.findall(r"^row ", answered, flags=re.MULTILINE)) == 3
    project.run("data", "get", STACK, f"models/{run['id']}/explain/", "explained")
    kept = json.loads((project.folder / "explained/attribution.json").read_text())
    assert set(kept["importance"]) == {"plan", "coinsurance", "incentive", "limited", "diseases", "health"}
    assert kept["model"].endswith("/model.tar.gz")


def test_a_usual_month_raises_nothing(project: Project) -> None:
    found = ask(project, "usual")
    assert found["alarms"] == dict.fromkeys(("bias", "drift", "explain", "quality"), "OK")
    report = found["report"]
    assert (report["rows"], report["drifted"], report["bias"]["drift"]) == (603, [], 0)
    assert report["quality"]["value"] == pytest.approx(0.68, abs=0.02)
    assert report["quality"]["rows"] == report["bias"]["joined_rows"] == 600
    assert report["explain"]["ndcg"] > 0.97


def test_a_form_that_treats_one_plan_otherwise_is_seen_before_the_quality_falls(project: Project) -> None:
    project.run("cloud", "advance", "25h")
    found = ask(project, "form")
    assert found["alarms"] == {"bias": "ALARM", "drift": "ALARM", "explain": "ALARM", "quality": "OK"}
    first = found["report"]["bias"]["differences"][0]
    assert (first["column"], first["drifts"]) == ("plan", True)
    assert first["groups"]["individual"] < first["groups"]["family"]
    assert found["report"]["explain"]["ndcg"] < 0.95
    page = project.folder / "report.html"
    told = project.run("monitor", STACK, "--save", str(page))
    assert "between groups of plan" in told
    assert "What answers depend on" in page.read_text()


def test_the_alarms_train_again_once(project: Project) -> None:
    project.run("cloud", "advance", "1h")
    again, first = trainings(project)
    assert (again["status"], again["serves"], first["serves"]) == ("succeeded", [f"{STACK}-endpoint"], [])


def test_a_feed_that_exchanges_columns_is_seen_when_the_truth_comes(project: Project) -> None:
    project.run("cloud", "advance", "25h")
    found = ask(project, "feed")
    assert found["alarms"]["quality"] == "ALARM"
    assert found["report"]["quality"]["value"] < 0.5
    assert "diseases" in found["report"]["drifted"]


def test_runs_are_logged_in_mlflow(project: Project) -> None:
    assert "mlflow" in project.run("tracking", STACK).lower()


def test_again_is_empty_and_it_goes_to_the_last_resource(project: Project) -> None:
    assert json.loads(project.run("up", STACK, "--yes", "--json"))["changeSummary"].keys() == {"same"}
    done = json.loads(project.run("destroy", STACK, "--yes", "--json"))
    assert set(done["changeSummary"]) == {"delete"}
