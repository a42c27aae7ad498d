"""Each blueprint in each security profile, from `new --scaffold` to `destroy`: what `new` writes runs to a first model
under the roles that were deployed, a second `up` has nothing to do, and nothing is left.

A new blueprint is found by itself. One profile of each is tried with the slow tests, all of them by night.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from mlops_iac.blueprints import BLUEPRINTS, about, get_blueprint
from mlops_iac.config.envelope import Security
from mlops_iac.config.load import runs_code
from tests.conftest import make_project
from tests.e2e.bad_input.project import Project
from tests.support.leftovers import find_leftovers

pytestmark = pytest.mark.e2e

STACK, CODE = "first-dev", "teams/first"

SMALLER: Final[dict[str, Sequence[str]]] = {"forecasting": ("--series", "5")}
"""Less data than an example makes of itself."""

TORCH: Final = "llm-finetuning"
"""Its first job takes PyTorch, up to five gigabytes: by day its scripts are not run."""


class Cell(NamedTuple):
    blueprint: str
    security: str
    by_day: bool


CELLS: Final = [
    Cell(blueprint, security.value, column == row % len(Security))
    for row, blueprint in enumerate(BLUEPRINTS)
    for column, security in enumerate(Security)
]


class Environment(Project):
    """One blueprint in one profile."""

    def follow(self, pipeline: str) -> dict[str, Any]:
        """A run to its end; where it asks for a second person, Anna is asked."""
        self.run("run", STACK, pipeline)
        deadline = time.monotonic() + 900
        while time.monotonic() < deadline:
            found: dict[str, Any] = json.loads(self.run("runs", STACK, "last", "--json"))
            if found["status"] != "running":
                return found
            if any(one["name"] == "approve" and one["status"] == "running" for one in found["steps"]):
                self.run("approve", STACK, "last", "--as", "anna", "--reason", "figures checked")
            time.sleep(0.5)
        raise AssertionError(f"the run does not end: {found}")

    def allow_deletion(self) -> None:
        """What an environment protects goes when its stack file says so."""
        file = self.folder / f"stacks/Pulumi.{STACK}.yaml"
        file.write_text(file.read_text().replace("  # mlops-iac:protect: false", "  mlops-iac:protect: false"))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Environment]:
    folder = make_project(tmp_path / "project")
    for file in (folder / "stacks").iterdir():
        file.unlink()
    made = Environment(folder)
    yield made
    made.run("cloud", "stop")


def put_data(project: Environment, blueprint: str) -> None:
    data = project.folder / CODE / "data"
    if not data.is_dir() and (maker := data.with_name("make_data.py")).is_file():
        subprocess.run([sys.executable, maker, *SMALLER.get(blueprint, ())], check=True)
    if data.is_dir():
        project.run("data", "put", STACK, f"{CODE}/data", "raw/")


def try_it(project: Environment, blueprint: str, security: str, *, runs: Sequence[str]) -> None:
    code = ("--code", CODE, "--scaffold") if runs_code(get_blueprint(blueprint).Options) else ()
    asked = ("--team", "first", "--env", "dev", "--blueprint", blueprint, "--owner", "ml@example.org")
    project.run("new", *asked, "--security", security, *code)
    project.allow_deletion()
    project.run("up", STACK, "--yes")
    if code:
        put_data(project, blueprint)
    for pipeline in runs if code else ():
        run = project.follow(pipeline)
        assert run["status"] == "succeeded", run
    again = json.loads(project.run("up", STACK, "--yes", "--json"))
    assert {*again["changeSummary"]} <= {"same"}, again["changeSummary"]
    clients = project.cloud.clients("eu-west-1")
    assert find_leftovers(clients, STACK), "the list of what is there finds nothing while it is there"
    project.run("destroy", STACK, "--yes")
    assert find_leftovers(clients, STACK) == []


@pytest.mark.slow
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.by_day], ids=lambda cell: f"{cell[0]}-{cell[1]}")
def test_what_new_writes_runs_in_a_profile(project: Environment, cell: Cell) -> None:
    runs = () if cell.blueprint == TORCH else about(get_blueprint(cell.blueprint)).runs
    try_it(project, cell.blueprint, cell.security, runs=runs)


@pytest.mark.nightly
@pytest.mark.parametrize("cell", [cell for cell in CELLS if not cell.by_day], ids=lambda cell: f"{cell[0]}-{cell[1]}")
def test_what_new_writes_runs_in_every_other_profile(project: Environment, cell: Cell) -> None:
    try_it(project, cell.blueprint, cell.security, runs=about(get_blueprint(cell.blueprint)).runs)


def test_each_blueprint_has_a_day_in_one_profile_and_nights_in_the_others() -> None:
    pairs = [(cell.blueprint, cell.security) for cell in CELLS]
    assert pairs == [*itertools.product(BLUEPRINTS, (security.value for security in Security))]
    assert {cell.blueprint for cell in CELLS if cell.by_day} == {*BLUEPRINTS}


@pytest.mark.parametrize("blueprint", [name for name in BLUEPRINTS if runs_code(get_blueprint(name).Options)])
def test_each_blueprint_brings_scripts_to_begin_with(project: Environment, blueprint: str) -> None:
    """And a README that says how they run, with commands of this team's stack."""
    project.run("new", "--team", "first", "--env", "dev", "--blueprint", blueprint, "--code", CODE, "--scaffold")
    readme = (project.folder / CODE / "README.md").read_text()
    for pipeline in about(get_blueprint(blueprint)).runs:
        assert f"mlops-iac run {STACK} {pipeline} --follow" in readme
    project.run("preview", STACK)
