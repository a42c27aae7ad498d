"""The project on three levels: nothing runs yet, deployed, with a model that answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import make_project
from tests.e2e.bad_input.project import NEW, Project
from tests.support.tiny_team import write_tiny_team


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with one stack file, tiny-dev; nothing runs yet."""
    folder = make_project(tmp_path_factory.mktemp("bad") / "project")
    for stack_file in (folder / "stacks").iterdir():
        stack_file.unlink()
    write_tiny_team(folder)
    made = Project(folder)
    made.run(*(word if word != "qa" else "dev" for word in NEW))
    yield made
    made.run("cloud", "stop")


@pytest.fixture(scope="module")
def deployed(project: Project) -> Project:
    """The same project with tiny-dev deployed and its data in place."""
    project.run("up", "tiny-dev", "--yes")
    project.run("data", "put", "tiny-dev", "data", "raw/")
    return project


@pytest.fixture(scope="module")
def serving(deployed: Project) -> Project:
    """The same with a model that answers."""
    deployed.run("run", "tiny-dev", "training", "--follow")
    assert "5" in deployed.run("predict", "tiny-dev", "--data", "rows.json")
    return deployed
