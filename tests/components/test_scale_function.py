"""The scaler's code, against clients that keep what they were asked."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.components.serving.scale_function import DIMENSIONS, Scaler


class NotThere(Exception):
    pass


class Refused(Exception):
    response = {"Error": {"Code": "ValidationException"}}


class Client:
    """Answers by operation; a class is raised."""

    class exceptions:
        ObjectNotFoundException = NotThere
        ClientError = Refused

    def __init__(self, asked: list[str], **answers: Any) -> None:
        self._asked, self._answers = asked, answers

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self._asked.append(operation)
            found = self._answers.get(operation, {})
            found = found(**arguments) if callable(found) and not isinstance(found, type) else found
            if isinstance(found, type):
                raise found("Could not find endpoint")
            return found

        return call


INSTANCES, AWAKE = DIMENSIONS


def serverless(awake: int | None) -> dict[str, Any]:
    config = {"MemorySizeInMB": 1024, "MaxConcurrency": 5}
    return {"ServerlessConfig": {**config, **({"ProvisionedConcurrency": awake} if awake else {})}}


def scaler(
    asked: list[str],
    *,
    status: str = "InService",
    kind: str = "ml.m5.large",
    count: int = 2,
    dimension: str = INSTANCES,
    now: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Scaler:
    configs = {
        "now": {"ProductionVariants": [{"VariantName": "main", **(now or {"InstanceType": "ml.m5.large"})}]},
        "next": {"ProductionVariants": [{"VariantName": "main", **(after or {"InstanceType": kind})}]},
    }
    described: Any = {
        "EndpointStatus": status,
        "EndpointConfigName": "now",
        "ProductionVariants": [{"VariantName": "main", "DesiredInstanceCount": count}],
    }
    clients = {
        "sagemaker": Client(
            asked,
            describe_endpoint=described if status else Refused,
            describe_endpoint_config=lambda EndpointConfigName: configs[EndpointConfigName],
        ),
        "application-autoscaling": Client(
            asked, put_scaling_policy={"PolicyARN": "arn"}, delete_scaling_policy=NotThere
        ),
        "cloudwatch": Client(asked),
    }
    settings = {
        "endpoint": "e", "variant": "main", "dimension": dimension,
        "least": 0, "most": 3, "names": ["requests", "wake"],
        "policies": [{"PolicyName": "wake", "PolicyType": "StepScaling"}], "wake": {"AlarmName": "e-wake"},
    }  # fmt: skip
    return Scaler(clients, settings)


def test_what_serves_is_registered_with_its_policies_and_no_others() -> None:
    asked: list[str] = []
    assert scaler(asked).apply({}) == {"scales": True}
    registered = ["register_scalable_target", "put_scaling_policy", "put_metric_alarm", "delete_scaling_policy"]
    assert asked == ["describe_endpoint", "describe_endpoint_config", *registered]


@pytest.mark.parametrize("status", ["", "Updating", "Failed"])
def test_nothing_is_registered_that_does_not_serve(status: str) -> None:
    asked: list[str] = []
    assert scaler(asked, status=status).apply({}) == {"scales": False}
    assert asked == ["describe_endpoint"]


@pytest.mark.parametrize(
    ("kind", "count", "retain", "released"),
    [
        ("ml.m5.large", 2, True, False),
        ("ml.m5.large", 0, False, False),
        ("ml.m5.xlarge", 2, False, True),
        (None, 2, False, True),
    ],
)
def test_an_update_keeps_instances_unless_their_type_changes(
    kind: str, count: int, retain: bool, released: bool
) -> None:
    asked: list[str] = []
    assert scaler(asked, kind=kind, count=count).prepare({"config": "next"}) == {"retain": retain}
    assert ("deregister_scalable_target" in asked) is released


@pytest.mark.parametrize(
    ("now", "dimension", "scales"),
    [
        (serverless(2), AWAKE, True),
        (serverless(None), AWAKE, False),
        (serverless(2), INSTANCES, False),
        (None, AWAKE, False),
    ],
)
def test_what_is_of_another_flavour_waits_for_its_deployment(
    now: dict[str, Any] | None, dimension: str, scales: bool
) -> None:
    """AWS refuses a target that has nothing of what is scaled."""
    asked: list[str] = []
    assert scaler(asked, now=now, dimension=dimension).apply({}) == {"scales": scales}
    assert ("register_scalable_target" in asked) is scales


@pytest.mark.parametrize(("after", "released"), [(serverless(3), False), (serverless(None), True), (None, True)])
def test_a_serverless_endpoint_is_given_back_before_nothing_of_it_stays_awake(
    after: dict[str, Any] | None, released: bool
) -> None:
    asked: list[str] = []
    assert scaler(asked, now=serverless(1), after=after, dimension=AWAKE).prepare({"config": "next"})["retain"] is (
        not released
    )
    assert ("deregister_scalable_target" in asked) is released
