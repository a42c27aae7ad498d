"""The oncology team's story, as its README tells it: the blueprint regulated-private on real biopsies."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT, make_project
from tests.e2e.bad_input.project import Project

pytestmark = pytest.mark.slow

ONCOLOGY, STACK = CHECKOUT / "examples/oncology", "oncology-prod"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder: Path = make_project(tmp_path_factory.mktemp("oncology") / "project")
    shutil.copy(ONCOLOGY / "Pulumi.oncology-prod.yaml", folder / "stacks")
    made = Project(folder)
    made.run("up", STACK, "--yes")
    made.run("data", "put", STACK, "examples/screening/data", "raw/")
    made.run("run", STACK, "training")
    yield made
    made.run("cloud", "stop")


def until(project: Project, status: str) -> dict[str, Any]:
    for _ in range(900):
        run: dict[str, Any] = json.loads(project.run("runs", STACK, "last", "--json"))
        waits = any(step["name"] == "approve" and step["status"] == "running" for step in run["steps"])
        if (status == "waits" and waits) or run["status"] == status:
            return run
        time.sleep(0.1)
    raise AssertionError(f"it is not {status}: {run}")


def test_a_second_person_lets_it_serve(project: Project) -> None:
    until(project, "waits")
    project.refused("approve", STACK, "last", code=1, says=("A second person is needed",))
    project.run("approve", STACK, "last", "--as", "anna", "--reason", "figures checked")
    run = until(project, "succeeded")
    assert run["metrics"]["auc"] == pytest.approx(0.997484)
    answered = project.run("predict", STACK, "--data", "examples/screening/sample.json")
    assert len(re.findall(r"^row", answered, flags=re.MULTILINE)) == 5


def test_the_evidence_tells_who_approved_and_that_the_signature_holds(project: Project) -> None:
    told = json.loads(project.run("evidence", STACK, "--out", "audit", "--json"))
    assert told["controls"]["met"] > 30
    assert "open" not in told["controls"]
    body = json.loads((project.folder / "audit/evidence.json").read_text())
    (model,) = body["models"]
    assert (model["version"], model["signature"]) == (1, "holds")
    (answer,) = body["runs"][0]["approvals"]
    assert (answer["by"], answer["reason"]) == ("arn:aws:iam::123456789012:user/anna", "figures checked")
    (version,) = body["data"]
    assert (version["prefix"], body["runs"][0]["data"]["data"]["digest"]) == ("raw/", version["id"])
    stands = {one["control"]: one["met"] for one in body["safeguards"]}
    assert [control for control, met in stands.items() if not met] == [
        "two persons stand behind a change, and behind the end, of the environment"
    ]
    lake = next(one for one in body["resources"] if one["type"].endswith("BucketServerSideEncryptionConfiguration"))
    assert lake["key"].startswith("arn:aws:kms:eu-central-1:")
    index = (project.folder / "audit/index.md").read_text()
    assert "figures checked" in index
    assert index.count(version["id"]) == 2
    project.refused("evidence", STACK, "--out", "audit", code=2, says=("is not empty",))


def test_evidence_is_kept_in_the_lake_where_nobody_deletes_it(project: Project) -> None:
    told = json.loads(project.run("evidence", STACK, "--out", "audit-2", "--keep", "--json"))
    assert told["kept"].startswith("s3://oncology-prod-lake-")
    assert "/evidence/" in told["kept"]
    body = json.loads((project.folder / "audit-2/evidence.json").read_text())
    assert len({one["key"] for one in body["resources"] if one["key"]}) == 4, "a key for each layer"


def test_evidence_that_was_changed_is_found_out(project: Project) -> None:
    project.run("evidence", "--check", "audit")
    with (project.folder / "audit/evidence.json").open("a") as file:
        file.write(" ")
    (project.folder / "audit/more.txt").touch()
    says = ("evidence.json was changed", "more.txt was added")
    project.refused("evidence", "--check", "audit", code=1, says=says)
    project.refused("evidence", "--check", "stacks", code=2, says=("No evidence there",))
    project.refused("evidence", code=2, says=("Neither STACK nor --check",))


def test_an_up_that_changes_nothing_is_empty(project: Project) -> None:
    assert set(json.loads(project.run("up", STACK, "--yes", "--json"))["changeSummary"]) == {"same"}


def test_destroying_a_protected_environment_is_refused_until_it_is_said_otherwise(project: Project) -> None:
    project.refused("destroy", STACK, "--yes", code=1)
    file = project.folder / "stacks/Pulumi.oncology-prod.yaml"
    file.write_text(
        file.read_text().replace("  mlops-iac:options:", "  mlops-iac:protect: false\n  mlops-iac:options:")
    )
    project.run("up", STACK, "--yes")
    project.refused("destroy", STACK, "--yes", code=1, says=("Something is locked", "governance", "--keep-data"))
    kept = json.loads(project.run("destroy", STACK, "--yes", "--keep-data", "--json"))
    assert {"lake-bucket", "trail-bucket"} <= set(kept["kept"])
    project.run("cloud", "advance", "366d")
    done = json.loads(project.run("destroy", STACK, "--yes", "--json"))
    assert set(done["changeSummary"]) == {"delete"}
    assert done["left"] == []
