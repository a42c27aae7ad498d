"""The Grunfeld team's own story, as its README tells it: the blueprint feature-store on real firms."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

pytestmark = pytest.mark.slow

GRUNFELD = CHECKOUT / "examples/grunfeld"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("grunfeld") / "project")
    shutil.copy(GRUNFELD / "Pulumi.grunfeld-dev.yaml", folder / "stacks")
    made = Project(folder)
    made.run("preview", "grunfeld-dev")
    made.run("up", "grunfeld-dev", "--yes")
    made.run("data", "put", "grunfeld-dev", "examples/grunfeld/data", "raw/")
    made.run("run", "grunfeld-dev", "features", "--follow")
    made.run("run", "grunfeld-dev", "training", "--follow")
    yield made
    made.run("cloud", "stop")


def read_rows(project: Project, path: str, folder: Path) -> list[dict[str, str]]:
    project.run("data", "get", "grunfeld-dev", path, str(folder))
    (file,) = folder.rglob("rows.csv")
    return list(csv.DictReader(file.open()))


def test_it_learns_from_what_was_known_at_each_label(project: Project, tmp_path: Path) -> None:
    run = json.loads(project.run("runs", "grunfeld-dev", "last", "--json"))
    assert run["status"] == "succeeded"
    assert run["metrics"]["r2"] == pytest.approx(0.838222)
    assert (run["metrics"]["skew"], run["metrics"]["compared"]) == (0, 22)
    rows = read_rows(project, f"features/{run['id']}/history/", tmp_path)
    assert len(rows) == 198
    for row in rows:
        asked = int(row["asked_at"][:4])
        assert int(row["year"]) == asked - 1, "the books of the year itself are published in the next one"
    raw = csv.DictReader((GRUNFELD / "data/firms/firms.csv").open())
    known = {(one["firm"], int(one["year"])): one for one in raw}
    first = rows[0]
    assert float(first["value"]) == float(known[first["firm"], int(first["asked_at"][:4])]["value"])
    assert float(first["invest"]) == float(known[first["firm"], int(first["asked_at"][:4]) - 1]["invest"])


def test_it_tells_what_the_readme_says(project: Project) -> None:
    told = (GRUNFELD / "README.md").read_text()
    known = project.run("features", "get", "grunfeld-dev", "market", "ibm")
    assert known.strip() in told
    answered = project.run("predict", "grunfeld-dev", "--data", "examples/grunfeld/sample.json")
    lines = re.findall(r"^row .*$", told, flags=re.MULTILINE)
    assert len(lines) == 2
    assert [line for line in answered.splitlines() if line.startswith("row")] == lines


def test_groups_are_listed_shown_and_asked(project: Project) -> None:
    listed = json.loads(project.run("features", "list", "grunfeld-dev", "--json"))["groups"]
    assert [one["group"] for one in listed] == ["books", "market"]
    shown = json.loads(project.run("features", "show", "grunfeld-dev", "books", "--json"))
    assert [*shown["features"]] == ["firm", "published_at", "invest", "capital", "year"]
    assert (shown["status"], shown["history"]) == ("Created", "Active")
    asked = project.run("features", "get", "grunfeld-dev", "market", "ibm", "nobody", "--json")
    records = json.loads(asked)["records"]
    assert (records["ibm"]["value"], records["nobody"]) == ("927.3", None)
    project.refused("features", "get", "grunfeld-dev", "market", "nobody", code=1, says=("`nobody`", "no record"))
    project.refused("features", "show", "grunfeld-dev", "markt", code=1, says=("did you mean `market`?",))


def test_an_up_again_changes_nothing_and_a_feature_more_keeps_what_there_is(project: Project) -> None:
    again = json.loads(project.run("up", "grunfeld-dev", "--yes", "--json"))
    assert set(again["changeSummary"]) == {"same"}
    file = project.folder / "examples/grunfeld/features/market.yaml"
    before = file.read_text()
    file.write_text(f"{before}  rank: Integral\nttl: 5200 weeks\n")
    project.run("up", "grunfeld-dev", "--yes")
    assert "927.3" in project.run("features", "get", "grunfeld-dev", "market", "ibm")
    shown = json.loads(project.run("features", "show", "grunfeld-dev", "market", "--json"))
    assert (shown["features"]["rank"], shown["ttl"]) == ("Integral", "5200 Weeks")
    file.write_text(before)
    told = json.loads(project.run("preview", "grunfeld-dev", "--json"))
    losses = {one["op"]: one["loses"] for one in told["losses"] if one["type"].endswith(":FeatureGroup")}
    assert "the records in its online store" in losses["replace"]


def test_it_goes_to_the_last_resource(project: Project) -> None:
    done = json.loads(project.run("destroy", "grunfeld-dev", "--yes", "--json"))
    assert set(done["changeSummary"]) == {"delete"}


def test_its_data_is_of_eleven_firms_over_twenty_years() -> None:
    rows = list(csv.DictReader((GRUNFELD / "data/firms/firms.csv").open()))
    assert len({row["firm"] for row in rows}) == 11
    assert sorted({int(row["year"]) for row in rows}) == list(range(1935, 1955))
    assert {(row["firm"], row["year"]): row["invest"] for row in rows}["ibm", "1954"] == "135.72"
