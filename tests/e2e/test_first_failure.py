"""What an endpoint is said to serve after a run that failed: nothing at first, later the model of the last good run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment
from tests.support.tiny_team import FILES

pytestmark = pytest.mark.nightly

BROKEN = 'def model_fn(folder):\n    raise ValueError("written by a newer version")'


def fail(project: TinyEnvironment) -> str:
    """A run whose model cannot be loaded; answers what is told."""
    project.write("inference.py", BROKEN)
    return project.refused(
        "run", "tiny-dev", "--follow", code=exit_codes.ERROR,
        says=("Step `deploy`", "ValueError: written by a newer version"),
    )  # fmt: skip


@pytest.mark.parametrize("target", EACH_TARGET)
def test_before_the_first_model_none_serves_and_afterwards_the_last_good_one(tmp_path: Path, target: str) -> None:
    with tiny_environment(tmp_path / "project", target) as project:
        for _ in range(2):
            told = fail(project)
            assert "tiny-dev-endpoint still has no model" in told
            assert "keeps serving" not in told
        asked = project.refused("predict", "tiny-dev", "--data", "rows.json", code=exit_codes.ERROR)
        assert "a new run replaces it" in asked

        project.write("inference.py", FILES["inference.py"])
        project.run("run", "tiny-dev", "--follow")
        good = project.last_run()
        told = fail(project)
        assert project.last_run() != good
        assert re.findall(r"keeps serving the model of run (\S+)\.", told) == [good]
        assert "5" in project.run("predict", "tiny-dev", "--data", "rows.json")
