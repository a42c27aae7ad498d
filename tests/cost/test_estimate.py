"""Estimates against sums made by hand of AWS's price pages."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_iac.config.usage import Usage
from mlops_iac.cost.bill import Estimate
from mlops_iac.cost.estimate import Resource, estimate
from mlops_iac.cost.rates import Place
from mlops_iac.pipelines.describe import machines_of
from mlops_iac.pipelines.references import FromStep
from mlops_iac.pipelines.steps.deploy import DeployStep
from mlops_iac.pipelines.steps.processing import ProcessingStep
from mlops_iac.pipelines.steps.step import Job
from mlops_iac.pipelines.strategy import Shadow
from tests.support.samples import SAMPLES

REALTIME = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}


def price(
    resources: list[Resource] | None = None,
    steps: tuple[Any, ...] = (),
    capacity: dict[str, Any] | None = None,
    region: str = "us-east-1",
    **usage: Any,
) -> Estimate:
    outputs = {
        "contract": 3,
        "endpoints": {"main": {"capacity": capacity or {}}},
        "pipelines": {"training": {"steps": [{"name": s.name, "kind": s.kind, "facts": facts(s)} for s in steps]}},
    }
    return estimate(resources or [], outputs, Place(region=region, usage=Usage(**usage)))


def facts(step: Any) -> dict[str, Any]:
    """What an environment says of a step, as far as it has a price."""
    return {**(step.facts(str) if isinstance(step, DeployStep) else {}), **machines_of(step)}


def resource(type_: str, layer: str = "layer", **inputs: Any) -> Resource:
    return Resource(layer=layer, type=type_, inputs=inputs)


def script(**job: Any) -> ProcessingStep:
    one = ProcessingStep(name="prepare", script="prepare.py", inputs={}, outputs={"data": {"zone": "curated"}})
    return one.model_copy(update={"job": Job(**job)})


def test_jobs_are_machines_times_minutes_times_runs() -> None:
    found = price(steps=(script(instance_type="ml.m5.xlarge", instance_count=2, volume_gib=50),), runs=100)
    # 100 runs × 2 machines × 1/6 h × (0.23 $ + 50 GB × 0.14 $ / 730 h)
    assert found.total.usual == pytest.approx(100 * 2 / 6 * (0.23 + 50 * 0.14 / 730))
    assert found.idle.high == 0


def test_a_job_is_not_billed_for_longer_than_its_limit() -> None:
    found = price(steps=(script(max_minutes=3, volume_gib=1),), runs=20, step_minutes=60)
    assert found.total.usual == pytest.approx(20 * 0.05 * (0.115 + 0.14 / 730))


def test_a_container_on_a_queue_costs_its_share_of_a_machine() -> None:
    step = script(vcpus=4).model_copy(update={"compute": "batch"})
    assert price(steps=(step,), runs=60, step_minutes=10).total.usual == pytest.approx(60 / 6 * 4 * 0.048)


def test_a_tuning_costs_each_of_its_trainings() -> None:
    (step,) = (one for one in SAMPLES["tune"]().steps if one.kind == "tune")
    one = step.model_copy(update={"max_jobs": 1})
    five = step.model_copy(update={"max_jobs": 5})
    assert price(steps=(five,)).total.usual == pytest.approx(5 * price(steps=(one,)).total.usual)


def test_machines_that_an_older_version_did_not_record_are_told() -> None:
    steps = [{"name": "train", "kind": "training", "facts": {"job": "training"}}]
    outputs = {"contract": 3, "pipelines": {"training": {"steps": steps}}}
    found = estimate([], outputs, Place(region="us-east-1", usage=Usage()))
    assert found.unpriced == ("the machines of training's steps as they are deployed, by an earlier version",)


def test_an_endpoint_that_is_always_on() -> None:
    found = price(capacity=REALTIME)
    assert found.idle.usual == pytest.approx(2 * 0.115 * 730)  # 167.90 $
    assert found.total == found.idle


def test_a_shadow_doubles_an_endpoint() -> None:
    step = DeployStep(
        name="deploy", package=FromStep(step="register", output="package"), strategy=Shadow(kind="shadow")
    )
    assert price(steps=(step,), capacity=REALTIME).idle.usual == pytest.approx(4 * 0.115 * 730)


def test_an_endpoint_that_sleeps_costs_its_seconds() -> None:
    found = price(capacity=SERVERLESS, requests=1_000_000, request_ms=200)
    assert found.idle.high == 0
    assert found.total.usual == pytest.approx(1_000_000 * 0.2 * 2 * 0.00002)  # 8 $


def test_what_stays_awake_of_an_endpoint_is_paid_whether_it_is_asked_or_not() -> None:
    awake = {"ServerlessConfig": {**SERVERLESS["ServerlessConfig"], "ProvisionedConcurrency": 3}}
    found = price(capacity=awake, requests=1_000_000, request_ms=200)
    assert found.idle.usual == pytest.approx(3 * 2 * 730 * 3600 * 0.000005)  # 78.84 $
    assert found.total.usual - found.idle.usual == pytest.approx(1_000_000 * 0.2 * 2 * 0.0000115)  # 4.60 $


def test_what_is_shared_is_counted_once_and_equal_lines_are_one() -> None:
    alarm, group = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/logGroup:LogGroup"
    found = price([resource(alarm), resource(alarm), resource(group), resource(group, layer="other")])
    assert [(item.what, round(item.idle.usual + item.used.usual, 2)) for item in found.items] == [
        ("2 × an alarm", 0.2),
        ("logs: 1 GB written", 0.5),
    ]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"resources": [resource("aws:rds/cluster:Cluster")]}, "aws:rds/cluster:Cluster"),
        ({"steps": (script(instance_type="ml.x99.large"),)}, "ml.x99.large"),
        ({"capacity": {"InstanceType": "ml.x98.large", "InitialInstanceCount": 1}}, "ml.x98.large"),
    ],
)
def test_what_has_no_price_is_told_and_never_costs_nothing(given: dict[str, Any], missing: str) -> None:
    assert price(**given).unpriced == (missing,)


def test_a_monitor_costs_a_metric_for_each_column() -> None:
    (step,) = (one for one in SAMPLES["monitor"]().steps if one.kind == "monitor")
    found = price(steps=(step,), runs=0)
    assert found.total.usual == pytest.approx((6 + 20) * 0.30)


@pytest.mark.parametrize(("region", "listed"), [("eu-west-1", 0.129), ("eu-central-1", 0.138), ("sa-east-1", 0.184)])
def test_another_regions_price_lies_in_the_range(region: str, listed: float) -> None:
    """``listed``: ml.m5.large there, EC2's 0.107, 0.115 and 0.153 $ times 1.2."""
    found = price(capacity={**REALTIME, "InitialInstanceCount": 1}, region=region).idle
    assert found.low <= listed * 730 <= found.high
    assert abs(found.usual / (listed * 730) - 1) < 0.15
