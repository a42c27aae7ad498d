"""Scaling as a team writes it: what is made, what deploys call, and what is refused at its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_iac.core.errors import ConfigError
from mlops_iac.program import load
from tests.blueprints.test_tabular_batch import build, write

REQUESTS = "serving: {flavour: realtime, scaling: {at_most: 4}}"
BACKLOG = "serving: {flavour: async, scaling: {at_most: 4}}"


def options(serving: str) -> str:
    return f"  mlops-iac:options:\n    {serving}\n"


def settings(made: Any) -> dict[str, Any]:
    function = made.get("scaling-scaler", "Function")
    found: dict[str, Any] = json.loads(function["environment"]["variables"]["SCALING"])
    return found


def test_a_realtime_endpoint_goes_by_its_requests(tmp_path: Path) -> None:
    made = build(tmp_path, options(REQUESTS))
    told = settings(made)
    assert (told["least"], told["most"], told["wake"]) == (2, 4, None)
    (policy,) = told["policies"]
    config = policy["TargetTrackingScalingPolicyConfiguration"]
    assert (config["TargetValue"], config["ScaleInCooldown"], config["ScaleOutCooldown"]) == (300, 300, 300)
    assert made.exports["endpoints"]["main"]["scaling"] == {"at_least": 2, "at_most": 4}


def test_an_asynchronous_one_goes_by_its_queue_and_wakes_by_a_step(tmp_path: Path) -> None:
    told = settings(build(tmp_path, options(BACKLOG)))
    assert (told["least"], told["most"]) == (0, 4)
    assert [policy["PolicyName"] for policy in told["policies"]] == ["backlog", "wake"]
    assert told["wake"]["MetricName"] == "HasBacklogWithoutCapacity"


def test_a_serverless_one_goes_by_how_much_of_what_is_awake_is_busy(tmp_path: Path) -> None:
    made = build(tmp_path, options("serving: {flavour: serverless, scaling: {at_most: 4, busy_percent: 60}}"))
    told = settings(made)
    assert (told["dimension"], told["least"], told["most"]) == ("sagemaker:variant:DesiredProvisionedConcurrency", 1, 4)
    (policy,) = told["policies"]
    config = policy["TargetTrackingScalingPolicyConfiguration"]
    kind = config["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert (config["TargetValue"], kind) == (0.6, "SageMakerVariantProvisionedConcurrencyUtilization")
    endpoint = made.exports["endpoints"]["main"]
    assert endpoint["capacity"]["ServerlessConfig"]["ProvisionedConcurrency"] == 1
    assert endpoint["scaling"] == {"at_least": 1, "at_most": 4}


def test_what_is_always_awake_needs_no_scaler(tmp_path: Path) -> None:
    made = build(tmp_path, options("serving: {flavour: serverless, provisioned_concurrency: 2}"))
    assert made.exports["endpoints"]["main"]["capacity"]["ServerlessConfig"]["ProvisionedConcurrency"] == 2
    assert not made.exports["endpoints"]["main"].get("scaling")


def test_a_deployment_asks_the_scaler_before_and_tells_it_after(tmp_path: Path) -> None:
    made = build(tmp_path, options(REQUESTS))
    states = json.loads(made.get("training-state-machine", "StateMachine")["definition"])["States"]
    assert states["deploy: decide"]["Default"] == "deploy: prepare"
    assert states["deploy: prepare"]["Next"] == "deploy: update"
    asked = states["deploy: update"]["Parameters"]
    assert asked["RetainAllVariantProperties.$"] == "$.steps.deploy.scaling.retain"
    assert [each["Next"] for each in states["deploy: judge"]["Choices"]][:2] == [
        "deploy: scale",
        "deploy: keep scaling",
    ]
    assert states["deploy: keep scaling"]["Next"] == "deploy: taken back"


@pytest.mark.parametrize(
    ("serving", "said"),
    [
        ("serving: {flavour: realtime, scaling: {at_least: 3, at_most: 2}}", "less than `at_least`"),
        ("serving: {flavour: realtime, scaling: {at_least: 0, at_most: 2}}", "serving.scaling.at_least"),
        ("serving: {flavour: realtime, scaling: {at_most: 3}, instance_count: 2}", "leave `instance_count` out"),
        ("serving: {flavour: realtime, instance_type: ml.t2.medium, scaling: {at_most: 3}}", "burstable"),
        ("serving: {flavour: realtime, scaling: {at_most: 3}, strategy: {kind: weights}}", "A/B test"),
        (
            "serving: {flavour: realtime, scaling: {at_most: 3}, strategy: {kind: canary, instances: 1}}",
            "say `percent`",
        ),
        ("serving: {flavour: serverless, scaling: {at_most: 6}}", "more than `max_concurrency`, which is 5"),
        ("serving: {flavour: serverless, provisioned_concurrency: 6}", "more than `max_concurrency`, which is 5"),
        (
            "serving: {flavour: serverless, provisioned_concurrency: 1, scaling: {at_most: 3}}",
            "leave `provisioned_concurrency` out",
        ),
        ("serving: {flavour: async, scaling: {}}", "at_most"),
    ],
)
def test_what_cannot_be_scaled_is_refused_at_its_line(tmp_path: Path, serving: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write(tmp_path, options(serving)), "screening-dev")
    told = str(refused.value)
    assert said in told
    assert "Pulumi.screening-dev.yaml:" in told
