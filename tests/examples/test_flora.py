"""The flora team's own story, as its README tells it: from a notebook to a pipeline, on real irises."""

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

FLORA = CHECKOUT / "examples/flora"
BY_HAND = """
import boto3, os, time
client, domain = boto3.client("sagemaker"), os.environ["MLOPS_IAC_STUDIO_DOMAIN"]
client.create_user_profile(DomainId=domain, UserProfileName="somebody")
time.sleep(1)
owner, shared = {"OwnerUserProfileName": "somebody"}, {"SharingType": "Private"}
client.create_space(DomainId=domain, SpaceName="mine", OwnershipSettings=owner, SpaceSharingSettings=shared)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = make_project(tmp_path_factory.mktemp("flora") / "project")
    shutil.copy(FLORA / "Pulumi.flora-dev.yaml", folder / "stacks")
    made = Project(folder)
    yield made
    made.run("cloud", "stop")


def test_the_pipeline_is_what_is_made_of_the_notebook(project: Project) -> None:
    project.run("pipeline", "from-notebook", "examples/flora/species.ipynb", "--replace")
    written = project.folder / "examples/flora/pipelines/species.yaml"
    assert written.read_text() == (FLORA / "pipelines/species.yaml").read_text()


def test_a_run_executes_it_and_keeps_what_it_showed(project: Project) -> None:
    project.run("up", "flora-dev", "--yes")
    project.run("data", "put", "flora-dev", "examples/flora/data", "raw/")
    project.run("run", "flora-dev", "species", "--follow", "--set", "depth=3")
    run = json.loads(project.run("runs", "flora-dev", "last", "--json"))
    assert run["status"] == "succeeded"
    assert run["metrics"] == {"accuracy": pytest.approx(0.96), "worst": pytest.approx(0.94)}
    project.run("data", "get", "flora-dev", f"models/{run['id']}/species/", "shown")
    executed = json.loads((project.folder / "shown/species.ipynb").read_text())
    showed = "".join(
        part for cell in executed["cells"] for out in cell.get("outputs", ()) for part in out.get("text", ())
    )
    assert re.search(r"petal_width +<= +0\.80", showed)
    assert "petal_width" in (project.folder / "shown/species.html").read_text()


def test_again_is_empty_and_a_person_more_is_a_profile_and_a_role_more(project: Project) -> None:
    assert json.loads(project.run("up", "flora-dev", "--yes", "--json"))["changeSummary"].keys() == {"same"}
    stack = project.folder / "stacks/Pulumi.flora-dev.yaml"
    stack.write_text(stack.read_text().replace("[ada, grace]", "[ada, grace, linnea]\n      idle_minutes: 120"))
    changed = json.loads(project.run("up", "flora-dev", "--yes", "--json"))["changeSummary"]
    assert {name: count for name, count in changed.items() if name != "same"} == {"create": 4, "update": 1}


def test_it_goes_to_the_last_resource_with_what_people_made_by_hand(project: Project) -> None:
    project.run("env", "flora-dev", "--", "python", "-c", BY_HAND)
    done = json.loads(project.run("destroy", "flora-dev", "--yes", "--json"))
    assert set(done["changeSummary"]) == {"delete"}


def test_its_data_is_what_its_maker_makes(tmp_path: Path) -> None:
    shutil.copytree(FLORA, tmp_path / "flora")
    python = framework_environment(get_framework("sklearn", "1.4-2")).python
    subprocess.run([python, str(tmp_path / "flora/make_data.py")], check=True)
    assert (tmp_path / "flora/data/irises.csv").read_bytes() == (FLORA / "data/irises.csv").read_bytes()
