"""What changes in a pipeline, in words: of documents that compilers wrote, by what a team writes in its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from tests.conftest import make_project

STACK = "screening-dev"
OPTIONS = "  mlops-iac:options:\n"


@pytest.fixture(scope="module", params=["step-functions", "sagemaker-pipelines"])
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose environment was deployed by each orchestrator; what is deployed lies in ``export.json``."""
    root = make_project(tmp_path_factory.mktemp("project") / "project")
    write(root, f"    orchestrator: {request.param}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert run_command(["up", STACK, "--yes", "--json"]) == exit_codes.OK
        assert run_command(["cloud", "stop"]) == exit_codes.OK
    (root / "orchestrator").write_text(request.param)
    return root


def write(root: Path, options: str) -> None:
    file = root / f"stacks/Pulumi.{STACK}.yaml"
    original = root / "original.yaml"
    if not original.exists():
        original.write_text(file.read_text())
    file.write_text(original.read_text().replace(OPTIONS, OPTIONS + options))


def told(root: Path, options: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(root)
    write(root, f"    orchestrator: {(root / 'orchestrator').read_text()}\n{options}")
    capsys.readouterr()
    assert run_command(["preview", STACK, "--json"]) == exit_codes.OK
    pipelines = json.loads(capsys.readouterr().out).get("pipelines", [])
    return [line for pipeline in pipelines for line in pipeline["changes"]]


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        ("", []),
        (
            "    instances: {train: {instance_type: ml.m5.xlarge, max_minutes: 90}}\n",
            ["`train` runs on `1 × ml.m5.xlarge`, was `1 × ml.m5.large`.", "`train` may take `90` minutes, was `60`."],
        ),
        (
            '    hyperparameters: {C: "2"}\n',
            ['`hyperparameters` is `{"C": "2"}` where a run does not say it, was `{}`.'],
        ),
    ],
)
def test_what_a_stack_file_changes_is_told(
    deployed: Path,
    options: str,
    sentences: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = told(deployed, options, capsys, monkeypatch)
    assert lines[: len(sentences)] == sentences
    # A parameter of a document of its own is told as such, and once more by the place that reads it.
    assert all("hyperparameters--C" in line for line in lines[len(sentences) :])


def test_a_bound_that_falls_says_what_that_means(
    deployed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = (deployed / "original.yaml").read_text()
    (deployed / "original.yaml").write_text(original.replace("at_least: 0.9", "at_least: 0.8"))
    try:
        (sentence,) = told(deployed, "", capsys, monkeypatch)
    finally:
        (deployed / "original.yaml").write_text(original)
    assert sentence == "`gate` asks for `auc` of at least `0.8`, was `0.9`. A model that was refused may pass now."


def test_a_step_that_a_team_adds_is_told_with_its_place(
    deployed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = deployed / "examples/screening/pipelines"
    folder.mkdir()
    asks = "{kind: approval, question: Shall it serve?, after: [register]}"
    (folder / "training.yaml").write_text(f"extends: training\nsteps:\n  ask: {asks}\n  deploy: {{after: [ask]}}\n")
    try:
        sentences = told(deployed, "", capsys, monkeypatch)
    finally:
        (folder / "training.yaml").unlink()
        folder.rmdir()
    assert sentences[0] == "Step `ask` (`approval`) is added after `register`."
