"""sagemaker-managed under Pulumi's mocks: what it adds to realtime-inference, and what it is by itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from mlops_iac.blueprints import get_blueprint
from mlops_iac.blueprints.sagemaker_managed import SagemakerManagedOptions
from mlops_iac.program import load
from tests.conftest import CHECKOUT
from tests.support.golden import check_golden
from tests.support.pulumi_mocks import Made, run_program

BLUEPRINT = get_blueprint("sagemaker-managed")
WATCHED = ("bias", "drift", "explain", "quality")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root: Path = tmp_path_factory.mktemp("practice")
    (root / "stacks").mkdir()
    shutil.copytree(CHECKOUT / "examples/practice", root / "examples/practice")
    shutil.copy(CHECKOUT / "Pulumi.yaml", root)
    text = (CHECKOUT / "examples/practice/Pulumi.practice-dev.yaml").read_text()
    (root / "stacks/Pulumi.practice-dev.yaml").write_text(text.replace("eu-west-1", "eu-central-1"))
    return run_program(load(root, "practice-dev").run)


def test_the_resource_tree_is_the_golden_one(made: Made) -> None:
    check_golden("blueprints/sagemaker-managed.tree.txt", "\n".join(made.tree()) + "\n")


@pytest.mark.parametrize(
    ("what", "namespace", "metric", "bound"),
    [
        ("drift", "data-metrics", "drift", ("GreaterThanThreshold", 0.2)),
        ("quality", "model-metrics", "auc", ("LessThanThreshold", 0.55)),
        ("bias", "bias-metrics", "bias_drift", ("GreaterThanThreshold", 0.15)),
        ("explain", "explainability-metrics", "ndcg", ("LessThanThreshold", 0.95)),
    ],
)
def test_each_watch_has_its_alarm(made: Made, what: str, namespace: str, metric: str, bound: tuple[str, float]) -> None:
    alarm = made.get(f"drift-{what}-alarm", "MetricAlarm")
    assert (alarm["namespace"], alarm["metricName"]) == (f"aws/sagemaker/Endpoints/{namespace}", metric)
    assert (alarm["comparisonOperator"], alarm["threshold"]) == bound


def test_any_of_them_starts_the_training(made: Made) -> None:
    pattern = json.loads(made.get("triggers-training-worse", "EventRule")["eventPattern"])
    assert len(pattern["detail"]["alarmName"]) == len(WATCHED)


def test_pipelines_run_in_sagemaker_and_are_logged_in_its_mlflow(made: Made) -> None:
    kinds = {kind.rpartition(":")[2] for kind, _ in made.resources}
    assert {"Pipeline", "Domain", "MlflowApp", "UserProfile"} <= kinds
    assert "StateMachine" not in kinds


def test_left_out_it_watches_all_but_groups() -> None:
    training, watching = BLUEPRINT.pipelines(SagemakerManagedOptions())
    assert {step.kind for step in training.steps} >= {"baseline", "explain"}
    assert [step.kind for step in watching.steps] == ["monitor"]


def test_an_endpoint_that_cannot_be_watched_is_refused_until_the_watch_is_left_out() -> None:
    serverless = {"serving": {"flavour": "serverless"}}
    with pytest.raises(ValidationError, match="no data capture for serverless endpoints"):
        SagemakerManagedOptions.model_validate(serverless)
    assert SagemakerManagedOptions.model_validate({**serverless, "monitoring": None}).monitoring is None
