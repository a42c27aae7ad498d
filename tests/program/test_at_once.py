"""How many machines a stack takes at once, and a company's quota on that."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_iac.core.errors import ConfigError
from mlops_iac.program import load
from mlops_iac.program.at_once import machines_at_once, widest
from tests.conftest import make_project

STACK = "screening-dev"
BESIDE = """
parameters:
  data: {type: prefix, default: raw/}
steps:
  first: {kind: processing, script: validate.py, inputs: {data: parameters.data}, outputs: {data: {zone: curated}}}
  left:
    kind: processing
    script: prepare.py
    inputs: {data: first.data}
    outputs: {data: {zone: features}}
    shared: [data]
    job: {instance_count: 3}
  right:
    kind: processing
    script: prepare.py
    inputs: {data: first.data}
    outputs: {data: {zone: features}}
    shared: [data]
    job: {instance_count: 2}
  last:
    kind: processing
    script: validate.py
    inputs: {left: left.data, right: right.data}
    outputs: {data: {zone: curated}}
    shared: [left, right]
    job: {instance_count: 4}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = make_project(tmp_path / "project")
    folder = root / "examples/screening/pipelines"
    folder.mkdir(exist_ok=True)
    (folder / "beside.yaml").write_text(BESIDE)
    return root


def quota(project: Path, most: int) -> None:
    (project / "mlops-iac.yaml").write_text(f"limits:\n  instances_at_once: {{at_most: {most}}}\n")


def test_steps_that_may_run_at_the_same_time_are_added_and_others_are_not(project: Path) -> None:
    found = {pipeline.name: widest(pipeline) for pipeline in load(project, STACK).pipelines}
    assert found == {"training": 1, "beside": 5}  # left and right together; first and last stand alone


def test_all_pipelines_and_what_serves_are_added(project: Path) -> None:
    program = load(project, STACK)
    assert machines_at_once(program.pipelines, program.config.options).total == 6


def test_what_is_within_the_quota_is_built(project: Path) -> None:
    quota(project, 6)
    assert load(project, STACK)


def test_more_than_the_quota_is_refused_with_the_sum_and_where_it_is_said(project: Path) -> None:
    quota(project, 5)
    with pytest.raises(ConfigError) as caught:
        load(project, STACK)
    (problem,) = caught.value.problems
    assert "6 machines at once: training 1, beside 5" in problem.detail
    assert "mlops-iac.yaml:2" in problem.detail
    assert "at most 5" in problem.detail
