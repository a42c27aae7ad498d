"""What is wrong with a run of a pipeline: refused before it starts, or told with the file it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = pytest.mark.slow

PIPELINES = {
    "allowed": """
parameters:
  data: {type: prefix, default: raw/}
  mode: {type: string, default: fast, allowed: [fast, full]}
steps:
  a:
    kind: processing
    script: validate.py
    arguments: {mode: parameters.mode}
    inputs: {data: parameters.data}
    outputs: {data: {zone: curated}}
""",
    "mapped": """
parameters: {list: {type: prefix, default: raw/list/}}
steps:
  score: {kind: map, script: score.py, items: parameters.list, results: {zone: curated}}
""",
}


@pytest.fixture(scope="module", params=TARGETS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    folder = tmp_path_factory.mktemp(request.param) / "project"
    with tiny_environment(folder, request.param, PIPELINES) as made:
        yield made


def test_a_parameter_that_is_not_allowed_starts_nothing(project: TinyEnvironment) -> None:
    project.refused(
        "run", "tiny-dev", "allowed", "--set", "mode=slow", code=2, says=("`mode` must be one of fast, full", "'slow'")
    )
    assert json.loads(project.run("runs", "tiny-dev", "--pipeline", "allowed", "--json"))["runs"] == []


@pytest.mark.parametrize(
    "content", [b"n\n", b"", b"n\n\xff\xfe\n", b"n,n\n1,2\n"], ids=["header", "empty", "bytes", "twice"]
)
def test_a_list_that_is_none_is_told_as_that(project: TinyEnvironment, content: bytes) -> None:
    place: Path = project.folder / "list"
    place.mkdir(exist_ok=True)
    (place / "items.csv").write_bytes(content)
    project.run("data", "put", "tiny-dev", "list", "raw/list/")
    told = project.refused("run", "tiny-dev", "mapped", "--follow", code=1, says=("Step `score`: ",))
    assert "items" in told or "its list cannot be read" in told
    assert "States.Runtime" not in told
