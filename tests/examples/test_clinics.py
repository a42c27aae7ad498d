"""The loop on real data (a step of `kind: monitor`), as the example's README tells it, on each orchestrator.

What a model is asked is captured and compared; patients of another kind raise an alarm, which retrains once; patients
of the same kind never do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project
from tests.support.targets import EACH_TARGET

pytestmark = [pytest.mark.slow, pytest.mark.runs("monitor", on=TARGETS)]

STACK, EXAMPLE = "clinics-dev", "examples/clinics"


@pytest.fixture(scope="module", params=EACH_TARGET)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("clinics") / "project")
    text = (CHECKOUT / EXAMPLE / f"Pulumi.{STACK}.yaml").read_text()
    (folder / f"stacks/Pulumi.{STACK}.yaml").write_text(f"{text.rstrip()}\n    orchestrator: {request.param}\n")
    made = Project(folder)
    made.run("up", STACK, "--yes")
    made.run("data", "put", STACK, f"{EXAMPLE}/data/town", "raw/town/")
    made.run("run", STACK, "--follow")
    yield made
    made.run("cloud", "stop")


def ask(project: Project, patients: str) -> None:
    project.run("predict", STACK, "--data", f"{EXAMPLE}/data/{patients}-asked.csv", "--inference-id", patients)


def trainings(project: Project) -> list[dict[str, Any]]:
    """The newest first."""
    found = json.loads(project.run("runs", STACK, "--json"))["runs"]
    return [run for run in found if run["pipeline"] == "training"]


def look(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(project.run("monitor", STACK, "--json"))["endpoints"][0]
    return found


def test_before_anybody_has_looked_it_says_so(project: Project) -> None:
    assert "Nobody has looked yet" in project.run("monitor", STACK)
    said = project.run("monitor", STACK, "--save", "report.html", code=1)
    assert "mlops-iac run clinics-dev monitoring --follow" in said


def test_patients_of_the_same_kind_never_retrain(project: Project) -> None:
    for _ in range(2):
        ask(project, "town")
        project.run("cloud", "advance", "1d")
        found = look(project)
        assert found["report"]["rows"] == 120
        assert found["report"]["drifted"] == []
        assert found["alarms"]["drift"] == "OK"
    assert len(trainings(project)) == 1


def test_what_becomes_known_later_says_how_good_predictions_were(project: Project) -> None:
    project.run("data", "put", STACK, f"{EXAMPLE}/data/both-truth.csv", "curated/truth/")
    ask(project, "both")
    project.run("run", STACK, "monitoring", "--follow")
    found = look(project)
    assert found["report"]["quality"]["value"] == pytest.approx(0.99, abs=0.02)
    assert found["report"]["quality"]["rows"] == 120
    assert found["alarms"]["quality"] == "OK"
    assert found["report"]["drifted"][:2] == ["mean_texture", "worst_texture"]
    assert found["alarms"]["drift"] == "ALARM"
    told = project.run("monitor", STACK, "--save", "report.html")
    assert "deviations" in told
    page = (project.folder / "report.html").read_text()
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_patients_of_another_kind_retrain_once(project: Project) -> None:
    first = trainings(project)[-1]["id"]
    project.run("data", "put", STACK, f"{EXAMPLE}/data/valley", "raw/valley/")
    project.run("cloud", "advance", "1h")
    second, *rest = trainings(project)
    assert [run["id"] for run in rest] == [first]
    assert second["status"] == "succeeded"
    assert second["serves"] == ["clinics-dev-endpoint"]
    for _ in range(2):
        ask(project, "both")
        project.run("cloud", "advance", "1d")
        found = look(project)
        assert found["report"]["run"] == second["id"], "the baseline is that of the model that serves"
        assert found["report"]["drifted"] == []
        assert found["alarms"]["drift"] == "OK"
    assert len(trainings(project)) == 2


def test_a_model_that_was_rolled_back_to_is_compared_with_its_own_baseline(project: Project) -> None:
    first = trainings(project)[-1]["id"]
    project.run("rollback", STACK, "--yes")
    ask(project, "both")
    project.run("run", STACK, "monitoring", "--follow")
    found = look(project)
    assert found["report"]["run"] == first
    assert found["report"]["rows"] == 120
    assert found["report"]["drifted"]
