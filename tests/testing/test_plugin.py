"""The pytest plugin, used as the guide and the README say: in a pytest of its own, in a project of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops_iac.backends.embedded import EmbeddedBackend
from tests.conftest import make_project
from tests.docs.pages import CHECKOUT, read_blocks
from tests.support.leftovers import find_leftovers

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GUIDE = CHECKOUT / "docs" / "guides" / "testing.md"


def python_blocks(page: Path) -> list[str]:
    return [block.text for block in read_blocks(page) if block.kind == "python"]


@dataclass(frozen=True)
class Session:
    """A test session that is over."""

    code: int
    out: str
    home: Path
    """Where it kept its state and its cloud."""

    def backend(self, stack: str) -> EmbeddedBackend:
        return EmbeddedBackend(self.home, stack, home=self.home)


def run_pytest(project: Path, base: Path) -> Session:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-p", "no:xdist"),
            *("--ignore=examples", f"--basetemp={base}"),  # the example's own blueprint has tests for its own package
        ],
        cwd=project, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    return Session(done.returncode, done.stdout + done.stderr, base / "mlops-iac0")


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Every Python block of the guide, each in a file of its own; the shared fixture in conftest.py, as it says."""
    folder = tmp_path_factory.mktemp("guide")
    project = make_project(folder / "project")
    tests = project / "tests"
    tests.mkdir()
    for number, block in enumerate(python_blocks(GUIDE)):
        name = "conftest.py" if "@pytest.fixture" in block else f"test_{number}.py"
        (tests / name).write_text(block)
    (tests / "test_last.py").write_text(
        "def test_how_long_it_took(deployed):\n"
        "    screening = deployed('screening-dev')\n"
        "    print(f'UP {screening.deployment.seconds:.1f} s')\n"
    )
    session = run_pytest(project, folder / "base")
    yield session
    session.backend("screening-dev").cloud.stop()
    assert not (project / ".mlops-iac").exists()


def test_the_snippets_of_the_guide_pass(guide: Session, capsys: pytest.CaptureFixture[str]):
    tests = sum(block.count("def test_") for block in python_blocks(GUIDE))
    assert guide.code == 0, guide.out
    assert f"{tests + 1} passed" in guide.out
    with capsys.disabled():
        (seconds,) = re.findall(r"^UP (.+ s)$", guide.out, re.MULTILINE)
        print(f"\ndeploying tabular-batch in a test took {seconds}")


def test_the_readme_shows_the_first_snippet_of_the_guide(guide: Session):
    """So that it is run, too."""
    assert python_blocks(CHECKOUT / "README.md") == python_blocks(GUIDE)[:1]


def test_everything_is_destroyed_when_the_session_is_over(guide: Session):
    backend = guide.backend("screening-dev")
    assert backend.cloud.status()["running"] is False
    assert backend.store.stacks() == []
    backend.cloud.start()
    clients = backend.cloud.clients("eu-west-1")
    assert clients("iam").list_roles()["Roles"] == []
    assert find_leftovers(clients, "screening-dev") == []


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("mistakes")
    project = make_project(folder / "project")
    (project / "stacks/Pulumi.broken-dev.yaml").write_text("config:\n  aws:regoin: eu-west-1\n")
    (project / "test_mistakes.py").write_text(
        "def test_a_name(deployed):\n    deployed('screning-dev')\n\n\n"
        "def test_a_path(deployed):\n    deployed('../screening-dev')\n\n\n"
        "def test_a_stack_file(deployed):\n    deployed('broken-dev')\n"
    )
    return run_pytest(project, folder / "base")


def test_a_wrong_stack_name_fails_the_test_with_the_nearest_name(mistakes: Session):
    assert mistakes.code == 1
    assert "StackNotFound: No such stack." in mistakes.out
    assert "hint: did you mean `screening-dev`?" in mistakes.out
    assert "3 failed" in mistakes.out


def test_a_wrong_stack_file_fails_the_test_with_file_and_line(mistakes: Session):
    assert "stacks/Pulumi.broken-dev.yaml:2" in mistakes.out


def test_a_failure_shows_the_test_and_not_our_code(mistakes: Session):
    assert ">       deployed('screning-dev')" in mistakes.out
    assert "mlops_iac/config/" not in mistakes.out


def test_the_guide_shows_the_error_that_comes(mistakes: Session):
    (shown,) = [block.text for block in read_blocks(GUIDE) if block.kind == ""]
    assert shown in mistakes.out
