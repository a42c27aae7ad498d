"""Which machine would do: by what CloudWatch was told, here and, by recorded answers, on AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_iac.cli.cost_advice import allowed_by_company, render_advice
from mlops_iac.clients import Clients
from mlops_iac.core.prices import hourly
from mlops_iac.runs.advice import steps
from mlops_iac.runs.advice.advice import Advice
from mlops_iac.runs.advice.endpoints import advise_endpoints
from mlops_iac.runs.advice.one import StepAdvice, offered
from mlops_iac.runs.advice.queues import find_idle_queues
from mlops_iac.runs.advice.sizing import Sizing, find_better
from mlops_iac.runs.advice.use import METRICS, Measured, Point, Use, read_points, use_of
from mlops_iac.runs.run import Run, StepRun, Trial
from mlops_iac.runs.serving import Served, Variant
from tests.support.recorded_aws import Refusal, recorded

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
REGION = "eu-west-1"
ANY = offered("training")
IDLE = Use(cores=0.2, most_cores=0.4, memory_gib=1, disk_percent=3)
GPU = {"gpus": 0.9, "gpu_memory_gib": 15.0}


def every(kind: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("now", "use", "jobs", "verdict", "better"),
    [
        ("ml.m5.2xlarge", IDLE, 10, "smaller", "ml.m5.large"),  # SageMaker trains on no c5.large
        ("ml.m5.2xlarge", Use(cores=0.2, memory_gib=6), 10, "smaller", "ml.m5.large"),
        ("ml.m5.2xlarge", Use(cores=1.7, memory_gib=3), 10, "smaller", "ml.c5.xlarge"),  # a quarter more than 2 vCPUs
        ("ml.m5.2xlarge", Use(cores=6.4, memory_gib=10), 10, "smaller", "ml.c5.2xlarge"),
        ("ml.m5.2xlarge", Use(cores=6.4, memory_gib=25), 10, "fits", ""),
        ("ml.m5.2xlarge", Use(cores=1, memory_gib=30), 10, "short", "ml.r5.2xlarge"),
        ("ml.m6i.2xlarge", IDLE, 10, "smaller", "ml.m6i.large"),  # of the same generation
        ("ml.t3.2xlarge", IDLE, 10, "smaller", "ml.t3.medium"),
        ("ml.m5.2xlarge", IDLE, 2, "unknown", ""),
        ("ml.m5.2xlarge", Use(cores=0.2), 10, "unknown", ""),
        ("ml.x99.large", IDLE, 10, "unknown", ""),
        ("ml.g5.12xlarge", IDLE, 10, "unknown", ""),  # nothing is known of its GPUs
        ("ml.g5.12xlarge", Use(cores=0.2, memory_gib=1, **GPU), 10, "smaller", "ml.g5.xlarge"),
        ("ml.g5.12xlarge", Use(cores=0.2, memory_gib=1, gpus=0.9, gpu_memory_gib=20), 10, "fits", ""),
        ("ml.g5.xlarge", Use(cores=0.2, memory_gib=1, gpus=0.01, gpu_memory_gib=0.1), 10, "smaller", "ml.m5.large"),
    ],
)
def test_the_cheapest_machine_that_does_is_advised(now: str, use: Use, jobs: int, verdict: str, better: str):
    found = find_better(now, use, jobs, ANY, REGION, every)
    assert (found.verdict, found.better) == (verdict, better)
    assert bool(found.why) == (verdict in ("unknown", "short"))


def test_what_the_company_does_not_allow_is_not_advised(tmp_path):
    (tmp_path / "mlops-iac.yaml").write_text("limits:\n  instance_types: {one_of: ['ml.m5.x*', 'ml.m5.2x*']}\n")
    allowed = allowed_by_company(tmp_path, "screening-dev")
    assert find_better("ml.m5.2xlarge", IDLE, 10, ANY, REGION, allowed).better == "ml.m5.xlarge"
    (tmp_path / "mlops-iac.yaml").unlink()
    assert allowed_by_company(tmp_path, "screening-dev")("ml.c5.large")


def test_percents_become_what_they_are_of():
    cpu = [Point(mean=float(value), highest=value + 10.0) for value in (*range(1, 20), 150)]
    points = {"CPUUtilization": cpu, "MemoryUtilization": [Point(mean=1, highest=25)]}
    use = use_of({**points, "GPUMemoryUtilization": [Point(mean=1, highest=150)]}, "ml.g5.12xlarge")
    assert (use.cores, use.most_cores) == (0.19, 1.6)  # one minute of twenty may be more
    assert use.memory_gib == 48
    assert use.gpu_memory_gib == pytest.approx(1.5 * 22.4, rel=0.03)
    assert use.gpus is None
    assert use_of({}, "ml.x99.large") == Use()


def statistics(values: Mapping[str, float]) -> Any:
    """GetMetricStatistics' answers by metric, for whoever asks."""

    def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
        value = values.get(json.loads(asked["body"])["MetricName"])
        point = {"Timestamp": NOW, "Average": value, "Maximum": value, "Sum": value, "Unit": "Percent"}
        return {"Datapoints": [] if value is None else [point]}

    return answer


def described(name: str, hours: float, kind: str = "ml.m5.2xlarge", **more: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": name, "TrainingJobStatus": "Completed", "CreationTime": NOW - timedelta(days=1),
        "TrainingStartTime": NOW - timedelta(hours=hours), "TrainingEndTime": NOW,
        "ResourceConfig": {"InstanceType": kind, "InstanceCount": 2, "VolumeSizeInGB": 10},
        "BillableTimeInSeconds": int(hours * 3600), **more,
    }  # fmt: skip


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Ten runs of a training, one a day, as the orchestrator tells them."""
    ids = [f"2611{day:02}-080000-aaaa" for day in range(29, 19, -1)]
    made = []
    for id in ids:
        trials = (Trial(name=f"{id}-t1", status="succeeded", hyperparameters={}),) if id is ids[0] else ()
        step = StepRun(
            name="train", kind="train", status="succeeded", job=f"{id}-train", settings="instances.train",
            job_kind="tune" if trials else "training", trials=trials,
        )  # fmt: skip
        gate = StepRun(name="gate", kind="gate", status="succeeded")
        made.append(
            Run(id=id, pipeline="training", stack="s", handle="h", status="succeeded", started=NOW, steps=(step, gate))
        )
    runner = SimpleNamespace(listed=lambda page: iter([SimpleNamespace(run=run.id) for run in made]))
    monkeypatch.setattr(steps, "runner_for", lambda *_: runner)
    monkeypatch.setattr(steps, "get_run", lambda environment, clients, id: next(run for run in made if run.id == id))
    return made


def advise(answers: Mapping[str, Any]) -> list[StepAdvice]:
    environment: Any = SimpleNamespace(stack="s", pipelines={"training": SimpleNamespace(name="training")})
    return [*steps.advise_steps(environment, recorded(answers), NOW - timedelta(days=14), every)]


def test_a_step_is_advised_by_the_jobs_of_its_runs(runs: list[Run]):
    asked: list[str] = []

    def describe(params: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(json.loads(params["body"])["TrainingJobName"])
        return described(asked[-1], 0.5)

    use = {"CPUUtilization": 40.0, "MemoryUtilization": 10.0, "DiskUtilization": 5.0}
    (found,) = advise({"sagemaker.DescribeTrainingJob": describe, "cloudwatch.GetMetricStatistics": statistics(use)})
    assert f"{runs[0].id}-t1" in asked  # a search's trainings
    assert (found.where, found.jobs, found.confidence, found.instances) == ("training.train", 10, "good", 2)
    assert (found.sizing.better, found.settings) == ("ml.m5.large", "instances.train")
    now, then = hourly("ml.m5.2xlarge", REGION), hourly("ml.m5.large", REGION)
    assert now is not None
    assert then is not None
    assert found.saves_a_run == pytest.approx((now.usual - then.usual) * 2 * 0.5)
    assert found.saves_a_month == pytest.approx(found.saves_a_run * 10 * 30 / 14)
    told = render_advice(Advice(stack="s", since=NOW, steps=(found,)), color=False)
    assert "set `instances.train.instance_type: ml.m5.large`" in told
    assert "(10 jobs)" in told


def test_jobs_that_ran_on_another_type_tell_nothing_of_this_one(runs: list[Run]):
    kinds = iter(["ml.m5.2xlarge", "ml.m5.2xlarge", *["ml.m5.4xlarge"] * 8])
    answers = {
        "sagemaker.DescribeTrainingJob": lambda params: described("x", 1, next(kinds)),
        "cloudwatch.GetMetricStatistics": statistics({"CPUUtilization": 10, "MemoryUtilization": 1}),
    }
    (found,) = advise(answers)
    assert (found.jobs, found.sizing.verdict, found.confidence, found.saves_a_month) == (2, "unknown", "none", None)
    assert "2 of 3 jobs" in render_advice(Advice(stack="s", since=NOW, steps=(found,)), color=False)


def test_jobs_that_published_nothing_are_no_jobs_that_took_nothing(runs: list[Run]):
    answers = {
        "sagemaker.DescribeTrainingJob": lambda params: described("x", 0.01),
        "cloudwatch.GetMetricStatistics": {"Datapoints": []},
    }
    (found,) = advise(answers)
    assert (found.jobs, found.sizing.verdict, found.use) == (0, "unknown", Use())


def test_jobs_that_are_gone_or_failed_are_left_out(runs: list[Run]):
    assert (
        advise({"sagemaker.DescribeTrainingJob": Refusal("ValidationException", "Requested resource not found.")}) == []
    )
    assert advise({"sagemaker.DescribeTrainingJob": described("x", 1, TrainingJobStatus="Stopped")}) == []


@pytest.mark.parametrize("hours", [0.2, 24, 240])
def test_one_question_asks_for_no_more_than_an_answer_holds(hours: float):
    seen: list[int] = []

    class Clients_:
        def many(self, service: str, method: str, asked: list[dict[str, Any]]) -> list[Any]:
            for one in asked:
                seen.append(int((one["EndTime"] - one["StartTime"]).total_seconds()) // one["Period"])
            return [{"Datapoints": []} for _ in asked]

    one = Measured(namespace="n", dimensions={"Host": "h"}, start=NOW - timedelta(hours=hours), end=NOW)
    clients: Any = Clients_()
    assert read_points(clients, [one]) == [{}]
    assert len(seen) == len(METRICS)
    assert max(seen) <= 1440


@pytest.mark.parametrize(
    ("days", "requests", "verdict", "confidence"),
    [(0.5, 9, "unknown", "none"), (2, None, "unknown", "none"), (2, 9, "smaller", "some"), (10, 9, "smaller", "good")],
)
def test_an_endpoint_is_advised_after_a_day(days: float, requests: float | None, verdict: str, confidence: str):
    values = {"CPUUtilization": 10.0, "MemoryUtilization": 5.0} | ({"Invocations": requests} if requests else {})
    clients: Clients = recorded(
        {
            "sagemaker.DescribeEndpoint": {"CreationTime": NOW - timedelta(days=days)},
            "cloudwatch.GetMetricStatistics": statistics(values),
        }
    )
    variant = Variant(name="main", model="m", instance_type="ml.m5.2xlarge", instances=2)
    served = Served(endpoint="e", status="InService", config="c", run=None, variants=(variant,))
    (found,) = advise_endpoints(clients, [served], NOW - timedelta(days=14), NOW, every)
    assert (found.sizing.verdict, found.confidence) == (verdict, confidence)
    assert (found.saves_a_month or 0) > 0 or verdict == "unknown"
    assert "e main" in render_advice(Advice(stack="s", since=NOW, endpoints=(found,)), color=False)


@pytest.mark.parametrize(("kept", "jobs", "named"), [(4, 0, True), (4, 1, False), (0, 0, False)])
def test_a_queue_that_keeps_machines_for_nobody_is_named(kept: int, jobs: int, named: bool):
    order = [{"order": 1, "computeEnvironment": "ce"}]
    clients = recorded(
        {
            "batch.DescribeJobQueues": {"jobQueues": [{"computeEnvironmentOrder": order}]},
            "batch.DescribeComputeEnvironments": {"computeEnvironments": [{"computeResources": {"minvCpus": kept}}]},
            "batch.ListJobs": {"jobSummaryList": [{"createdAt": NOW.timestamp() * 1000}] * jobs},
        }
    )
    environment: Any = SimpleNamespace(queues={"jobs": SimpleNamespace(queue="q")})
    found = [*find_idle_queues(environment, clients, NOW)]
    assert [one.queue for one in found] == (["q"] if named else [])
    told = render_advice(Advice(stack="s", since=NOW, queues=tuple(found)), color=False)
    assert ("q keeps 4 vCPUs" in told) == named


def test_a_machine_that_is_short_of_memory_is_said_to_cost_more():
    one = StepAdvice(
        where="training.train", kind="training", instance_type="ml.m5.large", instances=1, jobs=5,
        use=Use(cores=1, memory_gib=7.6), sizing=Sizing(verdict="short", better="ml.r5.large", why="it takes 95 %"),
        confidence="some", saves_a_run=-0.1, saves_a_month=-3.0,
    )  # fmt: skip
    told = render_advice(Advice(stack="s", since=NOW, steps=(one,)), color=False)
    assert "costs 3.00 more" in told
    assert "ml.r5.large would do" in told
    assert "In all about" not in told
