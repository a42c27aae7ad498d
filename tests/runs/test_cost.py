from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_iac.cli.details_view import render_cost
from mlops_iac.clients import Clients
from mlops_iac.core.prices import dated
from mlops_iac.runs.cost import Cost, StepCost, endpoint_cost, read_cost
from mlops_iac.runs.run import Run, StepRun
from mlops_iac.runs.serving import Served, Variant

START = datetime(2026, 11, 21, 8, 15, 30, tzinfo=UTC)


def step(name: str, kind: str, **more: Any) -> StepRun:
    given = {"job": f"job-{name}", "job_kind": kind, "started": START, "ended": START + timedelta(hours=1), **more}
    return StepRun(name=name, kind=kind, status="succeeded", **given)


def test_machines_times_seconds_and_no_price_is_not_zero(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    def processing(ProcessingJobName: str) -> dict[str, Any]:
        machines = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
        return {"ProcessingResources": {"ClusterConfig": machines}}

    def training(TrainingJobName: str) -> dict[str, Any]:
        return {
            "ResourceConfig": {"InstanceType": "ml.x99.large", "InstanceCount": 1}, "BillableTimeInSeconds": 7,
        }  # fmt: skip

    def transform(TransformJobName: str) -> dict[str, Any]:
        raise ClientError({"Error": {"Code": "ValidationException", "Message": "Could not find it."}}, "Describe")

    sagemaker = clients("sagemaker")
    for name, answer in (("processing", processing), ("training", training), ("transform", transform)):
        monkeypatch.setattr(sagemaker, f"describe_{name}_job", answer)
    steps = (
        step("validate", "processing"),
        step("train", "training"),
        step("score", "transform"),
        step("reused", "training", started=None),
        step("batch", "batch"),
        StepRun(name="gate", kind="gate"),
    )
    run = Run(id="r", pipeline="p", stack="s", handle="h", status="succeeded", started=START, steps=steps)
    cost = read_cost(clients, run)
    assert cost.steps == (
        StepCost("validate", "ml.m5.large", 2, 3600.0, "eu-west-1"),
        StepCost("train", "ml.x99.large", 1, 7.0, "eu-west-1"),
    )
    assert cost.dollars == pytest.approx(0.23 * 1.11, abs=0.01)
    told = cost.to_json()
    assert (told["unpriced"], told["steps"][1]["dollars"]) == (["ml.x99.large"], None)
    assert render_cost(cost) == f"{cost.dollars:.4f} USD by the list prices of {dated()}; not known for ml.x99.large"


def test_where_nothing_is_priced_nothing_is_said_to_cost_nothing() -> None:
    cost = Cost((StepCost("train", "ml.x99.large", 1, 7.0),))
    assert cost.to_json()["dollars"] is None
    assert render_cost(cost) == "not known for ml.x99.large"


def test_an_endpoint_costs_what_all_its_machines_cost() -> None:
    main = Variant(name="main", model="a", instance_type="ml.m5.large", instances=2)
    shadow = Variant(name="shadow", model="b", shadow=True, instance_type="ml.m5.large", instances=2)
    serverless = Variant(name="main", model="c")
    odd = Variant(name="main", model="d", instance_type="ml.x9.huge", instances=1)
    for variants, machines, hourly in (
        ((main, shadow), (("ml.m5.large", 4),), 0.46),
        ((serverless,), (), 0.0),
        ((main, odd), (("ml.m5.large", 2), ("ml.x9.huge", 1)), None),
    ):
        served = Served(endpoint="e", status="InService", config="c", run=None, variants=variants)
        found = endpoint_cost(served)
        assert (found.machines, found.hourly) == (machines, pytest.approx(hourly) if hourly is not None else None)
