"""Strategies of a deploy step: what they ask SageMaker for, on each target, and which endpoints cannot do them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlops_iac.blueprints.parts.training_pipeline import training
from mlops_iac.blueprints.tabular_batch import TabularBatchOptions
from mlops_iac.core.errors import PipelineError
from mlops_iac.pipelines.compile import TARGETS, get_target
from mlops_iac.pipelines.compile.bindings import Bindings, EndpointBinding
from mlops_iac.pipelines.strategy import AllAtOnce, Canary, Linear, Rolling, Shadow, Strategy, Weights

ALARMS = ("errors", "slow")


def bind(flavour: Any = "realtime", instances: int = 4) -> Bindings:
    endpoint = EndpointBinding(
        name="screening-dev-endpoint",
        flavour=flavour,
        role_arn="arn:aws:iam::123456789012:role/screening-dev-endpoint",
        variant={"VariantName": "main", "InitialVariantWeight": 1, "InstanceType": "ml.m5.large"}
        | {"InitialInstanceCount": instances},
        alarms=ALARMS,
    )
    return Bindings.placeholder("screening-dev", "eu-central-1", endpoints={"main": endpoint})


def compiled(strategy: Strategy, target: str = "step-functions", **bound: Any) -> dict[str, Any]:
    return get_target(target).compile(training(TabularBatchOptions(), strategy), bind(**bound))


def lambdas(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of the deployer, wherever they stand."""
    if document.get("Type") == "Lambda":
        return [document]
    inside = [value for value in document.values() if isinstance(value, dict | list)]
    each = [item for value in inside for item in (value if isinstance(value, list) else [value])]
    return [found for item in each if isinstance(item, dict) for found in lambdas(item)]


def blue_green(**routing: Any) -> dict[str, Any]:
    keep = routing.pop("keep")
    timeout = routing.pop("timeout")
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": keep,
            "MaximumExecutionTimeoutInSeconds": timeout,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in ALARMS]},
    }


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


GUARDED = {
    "canary": (
        Canary(kind="canary", percent=5, bake_minutes=20, keep_minutes=10),
        blue_green(Type="CANARY", WaitIntervalInSeconds=1200, CanarySize=percent(5), keep=600, timeout=3600),
    ),
    "canary of instances": (
        Canary(kind="canary", instances=2),
        blue_green(
            Type="CANARY",
            WaitIntervalInSeconds=600,
            CanarySize={"Type": "INSTANCE_COUNT", "Value": 2},
            keep=0,
            timeout=2400,
        ),
    ),
    "linear": (
        Linear(kind="linear", percent=25, bake_minutes=5),
        blue_green(Type="LINEAR", WaitIntervalInSeconds=300, LinearStepSize=percent(25), keep=0, timeout=2700),
    ),
    "rolling": (
        Rolling(kind="rolling", percent=50, bake_minutes=5),
        {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": percent(50),
                "WaitIntervalInSeconds": 300,
                "MaximumExecutionTimeoutInSeconds": 2400,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in ALARMS]},
        },
    ),
}


@pytest.mark.parametrize(("strategy", "config"), GUARDED.values(), ids=GUARDED)
def test_guardrails_are_sagemakers_own_on_both_targets(strategy: Strategy, config: dict[str, Any]) -> None:
    update = compiled(strategy)["States"]["deploy: update"]
    assert update["Resource"].endswith("aws-sdk:sagemaker:updateEndpoint")
    assert update["Parameters"]["DeploymentConfig"] == config
    first = lambdas(compiled(strategy, "sagemaker-pipelines"))[0]
    assert json.loads(first["Arguments"]["settings"])["deployment"] == config


@pytest.mark.parametrize("strategy", [Canary(kind="canary", bake_minutes=60, keep_minutes=60), Linear(kind="linear")])
def test_the_step_waits_as_long_as_the_strategy_takes(strategy: Strategy) -> None:
    whole = strategy.seconds + 1800
    states = compiled(strategy)["States"]
    choice = next(each for each in states["deploy: judge"]["Choices"] if each["Next"] == "deploy: count")
    looks = choice["And"][1]["NumericLessThan"]
    assert looks <= 720
    assert whole - states["deploy: wait"]["Seconds"] < looks * states["deploy: wait"]["Seconds"] <= whole
    calls = lambdas(compiled(strategy, "sagemaker-pipelines"))
    assert sum(call["Arguments"]["wait_seconds"] for call in calls) == whole


def test_all_at_once_asks_for_nothing() -> None:
    assert "DeploymentConfig" not in compiled(AllAtOnce())["States"]["deploy: update"]["Parameters"]


def test_a_shadow_gets_a_copy_of_the_requests_to_the_model_that_serves() -> None:
    states = compiled(Shadow(kind="shadow", percent=25))["States"]
    made = states["deploy: beside"]["Parameters"]
    (kept,), (added,) = made["ProductionVariants"], made["ShadowProductionVariants"]
    assert kept["ModelName.$"] == "$.steps.deploy.current.ProductionVariants[0].ModelName"
    assert added["ModelName.$"] == "$.names.deploy"
    assert (kept["VariantName"], added["VariantName"]) == ("main", "shadow")
    assert (kept["InitialVariantWeight"], added["InitialVariantWeight"]) == (1, 0.25)
    assert states["deploy: configure"]["Next"] == "deploy: create"
    settings = json.loads(lambdas(compiled(Shadow(kind="shadow"), "sagemaker-pipelines"))[0]["Arguments"]["settings"])
    assert settings["beside"]["ProductionVariants"][0]["ModelName"] == "now"
    assert "ModelName" not in settings["beside"]["ShadowProductionVariants"][0]


def test_weights_split_the_requests() -> None:
    made = compiled(Weights(kind="weights", percent=30))["States"]["deploy: beside"]["Parameters"]
    assert [(each["VariantName"], each["InitialVariantWeight"]) for each in made["ProductionVariants"]] == [
        ("main", 70),
        ("challenger", 30),
    ]


MISFITS = [
    (Canary(kind="canary"), "serverless", 1, "a serverless endpoint has none"),
    (Linear(kind="linear"), "serverless", 1, "a serverless endpoint has none"),
    (Rolling(kind="rolling"), "serverless", 1, "a serverless endpoint has none"),
    (Shadow(kind="shadow"), "serverless", 1, "no shadow variants for serverless"),
    (Weights(kind="weights"), "serverless", 1, "one production variant"),
    (Shadow(kind="shadow"), "async", 1, "no shadow variants for asynchronous"),
    (Canary(kind="canary", instances=2), "realtime", 3, "2 of 3 instances are 66.6667 percent"),
    (Linear(kind="linear", instances=1), "realtime", 20, "a step may be 10 to 50"),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("strategy", "flavour", "instances", "said"), MISFITS)
def test_what_an_endpoint_cannot_do_is_refused_with_the_reason(
    strategy: Strategy, flavour: str, instances: int, said: str, target: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        compiled(strategy, target, flavour=flavour, instances=instances)
    (problem,) = caught.value.problems
    assert problem.path == "deploy.strategy"
    assert said in problem.detail


@pytest.mark.parametrize(
    ("kind", "values", "said"),
    [
        (Canary, {"kind": "canary", "percent": 10, "instances": 1}, "only one of"),
        (Canary, {"kind": "canary", "percent": 51}, "less than or equal to 50"),
        (Canary, {"kind": "canary", "bake_minutes": 61}, "less than or equal to 60"),
        (Linear, {"kind": "linear", "percent": 9}, "it may be 10 to 50"),
        (Rolling, {"kind": "rolling", "percent": 4}, "it may be 5 to 50"),
        (Linear, {"kind": "linear", "percent": 10, "bake_minutes": 60}, "take larger steps"),
        (Weights, {"kind": "weights", "percent": 100}, "less than or equal to 99"),
        (Shadow, {"kind": "shadow", "percent": 0}, "greater than or equal to 1"),
    ],
)
def test_values_that_sagemaker_would_refuse_are_refused(kind: type[Strategy], values: Any, said: str) -> None:
    with pytest.raises(PipelineError, match=said):
        kind(**values)
