"""The guide about questions to documents, read and done; then the environment goes, and leaves nothing.

The index step (`kind: index`) is run on each orchestrator.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlops_iac.cloud.process import EmbeddedCloud
from mlops_iac.pipelines.compile import TARGETS
from tests.conftest import CHECKOUT, make_project
from tests.docs.reader import Reader
from tests.e2e.bad_input.project import Project
from tests.e2e.conftest import Cli
from tests.support.leftovers import find_leftovers

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.runs("index", on=TARGETS)]

STACK_FILE = CHECKOUT / "examples/library/Pulumi.library-dev.yaml"
TSNE = "Visualise high-dimensional data with t-SNE"


def test_the_guide_shows_what_really_comes_and_nothing_is_left(story: tuple[Cli, Path]) -> None:
    cli, folder = story
    shutil.copy(STACK_FILE, folder / "stacks")
    reader = Reader(CHECKOUT / "docs/guides/rag.md", folder)
    reader.until("mlops-iac data put library-dev examples/library/more raw/")
    before = cli("retrieve", "library-dev", TSNE, "--json").json
    assert not any(one["source"].startswith("manifold.md") for one in before["chunks"])
    reader.to_the_end()
    first, second, refused = reversed(cli("runs", "library-dev", "--json").json["runs"])
    assert [one["status"] for one in (first, second, refused)] == ["succeeded", "succeeded", "refused"]
    after = cli("retrieve", "library-dev", TSNE, "--json").json
    assert (before["version"], after["version"]) == (first["id"], second["id"])
    assert " 0 to " not in cli("up", "library-dev", "--yes").out
    cli("rollback", "library-dev", "--yes")
    assert cli("retrieve", "library-dev", TSNE, "--json").json["version"] == first["id"]
    cli("destroy", "library-dev", "--yes")
    cloud = EmbeddedCloud(folder / ".mlops-iac/cloud")
    assert find_leftovers(cloud.clients("eu-west-1"), "library-dev") == []


@pytest.mark.nightly
@pytest.mark.parametrize("target", [one for one in TARGETS if one != "step-functions"])
def test_the_other_orchestrators_index_as_well(target: str, tmp_path: Path) -> None:
    folder = make_project(tmp_path / "project")
    text = STACK_FILE.read_text() + f"    orchestrator: {target}\n"
    (folder / "stacks/Pulumi.library-dev.yaml").write_text(text)
    project = Project(folder)
    try:
        project.run("up", "library-dev", "--yes")
        project.run("data", "put", "library-dev", "examples/library/data", "raw/")
        process = project.start("run", "library-dev", "training", "--follow")
        told = process.communicate(timeout=1200)
        assert process.returncode == 0, told
        found = json.loads(project.run("retrieve", "library-dev", "bin continuous data", "--top", "1", "--json"))
        assert found["chunks"][0]["source"] == "preprocessing.md#KBinsDiscretizer"
    finally:
        project.run("cloud", "stop")
