"""A gate that compares with the champion, on each orchestrator: by a person's run, and by a trigger's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_iac.pipelines.compile import TARGETS
from tests.support.targets import EACH_TARGET
from tests.support.tiny_environment import TinyEnvironment, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.runs("training", "evaluate", "gate", "register", on=TARGETS)]

STACK = "tiny-dev"
FIGHT = """
parameters: {data: {type: prefix, default: raw/}}
triggers:
  nightly: {kind: schedule, when: rate(1 day)}
steps:
  train: {kind: training, script: train.py, channels: {train: parameters.data}}
  evaluate: {kind: evaluate, script: evaluate.py, inputs: {model: train.model}}
  gate:
    kind: gate
    conditions:
      - {metric: auc, better_than_champion_by: 0.01}
      - {metric: loss, better_than_champion_by: 0, goal: minimize}
  register: {kind: register, model: train.model, evaluation: evaluate.evaluation, gate: gate.verdict}
"""
EVALUATE = """
    import json, pathlib
    folder = pathlib.Path("/opt/ml/processing/output/evaluation")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text({body!r})
"""


@pytest.fixture(scope="module", params=EACH_TARGET)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyEnvironment]:
    with tiny_environment(tmp_path_factory.mktemp("tiny"), str(request.param), pipelines={"fight": FIGHT}) as made:
        yield made


def measures(tiny: TinyEnvironment, auc: float, loss: float) -> None:
    tiny.write("train.py", TRAIN)
    tiny.write("evaluate.py", EVALUATE.format(body=json.dumps({"metrics": {"auc": auc, "loss": loss}})))


TRAIN = """
    import os, pathlib
    pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text("{}")
"""


def fight(tiny: TinyEnvironment, auc: float, loss: float) -> dict[str, Any]:
    measures(tiny, auc, loss)
    tiny.run("run", STACK, "fight")
    return last(tiny)


def last(tiny: TinyEnvironment) -> dict[str, Any]:
    found: dict[str, Any] = {"status": "running"}
    while found["status"] == "running":
        found = json.loads(tiny.run("runs", "show", STACK, "last", "--json"))
    return found


def test_a_challenger_is_registered_when_it_is_that_much_better(tiny: TinyEnvironment) -> None:
    first = fight(tiny, 0.90, 0.5)
    assert first["status"] == "succeeded"
    assert "there was no champion" in first["gate"]["conditions"][0]["bound"]
    assert first["parameters"] == {"data": "raw/"}

    worse = fight(tiny, 0.905, 0.5)
    assert worse["status"] == "refused"
    auc, loss = worse["gate"]["conditions"]
    assert (auc["passed"], loss["passed"]) == (False, True)
    assert auc["bound"] == ">= 0.91, 0.01 better than the champion"
    assert loss["bound"] == "<= 0.5, 0 better than the champion"
    assert "0.01 better than the champion" in tiny.run("runs", "show", STACK, "last")

    assert fight(tiny, 0.92, 0.6)["status"] == "refused"
    better = fight(tiny, 0.92, 0.4)
    assert better["status"] == "succeeded"

    # By itself, against the champion that the last run made.
    measures(tiny, 0.925, 0.1)
    tiny.run("run", STACK, "fight", "--push")
    tiny.run("cloud", "advance", "25h")
    night = last(tiny)
    assert night["id"] != better["id"]
    assert night["status"] == "refused"
    assert night["gate"]["conditions"][0]["bound"] == ">= 0.93, 0.01 better than the champion"

    # A champion that cannot be compared with is told before any work.
    cloud = tiny.cloud.clients("eu-west-1")
    package = cloud("sagemaker").describe_model_package(ModelPackageName=better["model_package_arn"])
    bucket, _, key = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"][5:].partition("/")
    cloud("s3").delete_object(Bucket=bucket, Key=key)
    tiny.refused("run", STACK, "fight", code=1, says=("The champion cannot be compared with", "is not there any more"))
    assert last(tiny)["id"] == night["id"]
