"""The pipeline files that the guides show are read and compiled as a team's would be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.pipelines.compile import step_functions
from mlops_iac.pipelines.compile.bindings import Bindings
from mlops_iac.pipelines.pipeline import Pipeline
from mlops_iac.program.pipeline_files import read_pipelines

GUIDES = [*(Path(__file__).parents[2] / "docs/guides").glob("*.md")]
FILE = re.compile(r"```yaml\n# \S+/pipelines/([a-z0-9-]+)\.yaml\n(.*?)```", re.DOTALL)
SHOWN = [found for guide in sorted(GUIDES) for found in FILE.findall(guide.read_text())]


def test_the_guides_show_some() -> None:
    assert len(SHOWN) >= 8


@pytest.mark.parametrize(("name", "text"), SHOWN)
def test_what_the_guide_shows_compiles(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "pipelines").mkdir()
    (tmp_path / f"pipelines/{name}.yaml").write_text(text)
    written = {one.pipeline.name: one.pipeline for one in read_pipelines(tmp_path, tmp_path, (_own(),))}
    assert step_functions.compile(written[name], Bindings.placeholder("churn-dev", "eu-central-1"))["States"]


def _own() -> Pipeline:
    return training(TabularBatchOptions())
