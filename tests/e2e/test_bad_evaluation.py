"""A gate whose file cannot be compared refuses the run, really run on every target, and says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.core import exit_codes
from tests.support.bad_evaluations import BAD
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.nightly

LARGE = b'{"metrics": {"auc": 0.95}}' + b" " * 300_000
"""More than Step Functions passes between two states; SageMaker Pipelines has no such limit."""


def write_evaluation(project: TinyEnvironment, content: bytes | None) -> None:
    project.write(
        "evaluate.py",
        f"""
        import pathlib
        folder = pathlib.Path("/opt/ml/processing/output/evaluation")
        folder.mkdir(parents=True, exist_ok=True)
        content = {content!r}
        if content is not None:
            (folder / "evaluation.json").write_bytes(content)
        """,
    )


@pytest.mark.parametrize("target", EACH_TARGET)
def test_what_cannot_be_compared_passes_no_gate(tmp_path: Path, target: str) -> None:
    with tiny_environment(tmp_path / "project", target) as project:
        for content, words in BAD.values():
            told = refused(project, content)
            assert words in told, told
        assert len(json.loads(project.run("runs", "tiny-dev", "--json"))["runs"]) == len(BAD)


def test_a_file_that_is_too_large_for_one_orchestrator_is_not_for_the_other(tmp_path: Path) -> None:
    with tiny_environment(tmp_path / "first", "step-functions") as project:
        assert "a gate of this orchestrator reads at most 262,144 bytes." in refused(project, LARGE)
    with tiny_environment(tmp_path / "second", "sagemaker-pipelines") as project:
        write_evaluation(project, LARGE)
        assert "passed: auc is 0.95, the gate wants >= 0.9" in project.run("run", "tiny-dev", "--follow")


def refused(project: TinyEnvironment, content: bytes | None) -> str:
    """A run with this content, which its gate refuses before anything is registered; answers what is told."""
    write_evaluation(project, content)
    told = project.run("run", "tiny-dev", "--follow", code=exit_codes.ERROR)
    run = project.last_run()
    assert f"models/{run}/evaluation/evaluation.json" in told, told
    shown = json.loads(project.run("runs", "tiny-dev", run, "--json"))
    assert {step["name"]: step["status"] for step in shown["steps"]}["deploy"] != "succeeded"
    assert shown["model_package_arn"] is None
    return told
