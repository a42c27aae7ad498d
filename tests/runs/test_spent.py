"""What was spent: by recorded answers of Cost Explorer, and by the embedded cloud's meter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from mlops_iac.cli.cost_actual import render_spent
from mlops_iac.cli.main import run_command
from mlops_iac.core import exit_codes
from mlops_iac.core.errors import CloudError
from mlops_iac.core.metering import job_seconds
from mlops_iac.core.prices import hourly
from mlops_iac.runs.serving import Served, Variant
from mlops_iac.runs.spent import Idle, Spent, ask_cost_explorer, find_idle, meter_jobs

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:x/y"
START = datetime(2026, 11, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 8, 15, tzinfo=UTC)

ASKED = {
    "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-22"},
    "Granularity": "MONTHLY",
    "Metrics": ["UnblendedCost"],
    "Filter": {"Tags": {"Key": "mlops-iac:stack", "Values": ["screening-dev"], "MatchOptions": ["EQUALS"]}},
    "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
}


def group(service: str, amount: str) -> dict[str, Any]:
    return {"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}


def answer(*groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    period = {"TimePeriod": ASKED["TimePeriod"], "Total": {}, "Groups": list(groups), "Estimated": True}
    return {"ResultsByTime": [period], "DimensionValueAttributes": [], **more}


class Recorded:
    """Clients of AWS that answer what was recorded; what they are asked is held against AWS's own model."""

    embedded, region = False, "eu-west-1"

    def __init__(self) -> None:
        self.made: dict[str, Any] = {}
        self.stubs: list[Stubber] = []

    def __call__(self, service: str) -> Any:
        return self.made[service]

    def expect(self, service: str) -> Stubber:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        self.made[service] = client
        self.stubs.append(Stubber(client))
        self.stubs[-1].activate()
        return self.stubs[-1]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    made = Recorded()
    yield made
    for stub in made.stubs:
        stub.assert_no_pending_responses()


def test_cost_explorer_is_asked_by_tag_and_told_by_service(recorded: Recorded):
    explorer = recorded.expect("ce")
    first = answer(group("Amazon SageMaker", "81.1302"), group("AWS Lambda", "0"), NextPageToken="more")
    explorer.add_response("get_cost_and_usage", first, ASKED)
    second = answer(group("Amazon Simple Storage Service", "2.5"), group("Amazon SageMaker", "10"))
    explorer.add_response("get_cost_and_usage", second, {**ASKED, "NextPageToken": "more"})
    spent = ask_cost_explorer("screening-dev", recorded, START, NOW)  # type: ignore[arg-type]
    assert [(line.what, line.dollars) for line in spent.lines] == [
        ("Amazon SageMaker", pytest.approx(91.1302)), ("Amazon Simple Storage Service", 2.5),
    ]  # fmt: skip
    assert spent.total == pytest.approx(93.6302)
    assert spent.is_estimate
    text = render_spent(spent, color=False)
    assert "Amazon SageMaker" in text
    assert "AWS may still change" in text


def test_no_cost_by_a_tag_is_said_and_is_not_nothing(recorded: Recorded):
    recorded.expect("ce").add_response("get_cost_and_usage", answer(), ASKED)
    spent = ask_cost_explorer("screening-dev", recorded, START, NOW)  # type: ignore[arg-type]
    assert "cost allocation tag" in render_spent(spent, color=False)


def test_what_is_refused_says_what_was_asked(recorded: Recorded):
    recorded.expect("ce").add_client_error("get_cost_and_usage", "AccessDeniedException", "not authorized")
    with pytest.raises(CloudError, match="refused") as caught:
        ask_cost_explorer("screening-dev", recorded, START, NOW)  # type: ignore[arg-type]
    assert "ce:GetCostAndUsage" in caught.value.detail


def test_the_meter_counts_hours_of_machines_of_this_stack_and_this_month(recorded: Recorded):
    sagemaker = recorded.expect("sagemaker")
    names = {"screening-dev-a-validate": NOW, "screening-development-a": NOW, "screening-dev-old": START - timedelta(1)}
    summaries = [
        {
            "ProcessingJobName": name,
            "ProcessingJobArn": ARN,
            "CreationTime": at,
            "ProcessingJobStatus": "Completed",
        }
        for name, at in names.items()
    ]
    sagemaker.add_response("list_processing_jobs", {"ProcessingJobSummaries": summaries})
    machines = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    times = {"ProcessingStartTime": NOW - timedelta(hours=3), "ProcessingEndTime": NOW - timedelta(hours=2)}
    described = {
        "ProcessingJobName": "screening-dev-a-validate", "ProcessingJobArn": ARN, "CreationTime": NOW,
        "ProcessingJobStatus": "Completed", "AppSpecification": {"ImageUri": "x"},
        "ProcessingResources": {"ClusterConfig": machines}, **times,
    }  # fmt: skip
    sagemaker.add_response("describe_processing_job", described)
    sagemaker.add_response("list_training_jobs", {"TrainingJobSummaries": []})
    sagemaker.add_response("list_transform_jobs", {"TransformJobSummaries": []})
    (line,) = meter_jobs("screening-dev", recorded, START, NOW)  # type: ignore[arg-type]
    price = hourly("ml.m5.large", "eu-west-1")
    assert price is not None
    assert line.what == "1 processing job: 2.00 hours of ml.m5.large"
    assert line.dollars == pytest.approx(price.usual * 2)


def test_a_job_that_goes_on_is_counted_up_to_now_and_one_that_waits_is_not():
    assert job_seconds({"TrainingStartTime": NOW - timedelta(minutes=1)}, NOW) == 60
    assert job_seconds({"BillableTimeInSeconds": 7, "TrainingStartTime": START}, NOW) == 7
    assert job_seconds({}, NOW) == 0


@pytest.mark.parametrize(
    ("age", "requests", "days"),
    [
        (timedelta(days=30), [], 7),
        (timedelta(days=2), [], 2),
        (timedelta(days=2), [3], None),
        (timedelta(minutes=5), [], None),
    ],
)
def test_an_endpoint_that_nobody_asks_is_idle(
    age: timedelta, requests: list[int], days: int | None, recorded: Recorded
):
    described = {
        "EndpointName": "e", "EndpointArn": ARN, "EndpointConfigName": "c", "EndpointStatus": "InService",
        "CreationTime": NOW - age, "LastModifiedTime": NOW,
    }  # fmt: skip
    recorded.expect("sagemaker").add_response("describe_endpoint", described)
    if age > timedelta(hours=1):
        points = [{"Timestamp": NOW, "Sum": float(count), "Unit": "None"} for count in requests]
        recorded.expect("cloudwatch").add_response("get_metric_statistics", {"Datapoints": points})
    variant = Variant(name="main", model="m", instance_type="ml.m5.large", instances=2)
    served = Served(endpoint="e", status="InService", config="c", run=None, variants=(variant,))
    found = list(find_idle(recorded, [served], NOW))  # type: ignore[arg-type]
    assert [one.days for one in found] == ([] if days is None else [days])
    if found:
        spent = Spent(stack="s", source="x", start=START, end=NOW, idle=(found[0],))
        assert "nobody has asked e for" in render_spent(spent, color=False)
        assert "2 ml.m5.large" in str(found[0])


def test_what_has_no_price_is_not_nothing():
    idle = Idle(endpoint="e", machines="1 ml.x99.large", dollars_an_hour=None, days=3)
    text = render_spent(Spent(stack="s", source="x", start=START, end=NOW, idle=(idle,)), color=False)
    assert "(1 ml.x99.large)" in text


@pytest.mark.parametrize("asked", ["--actual", "--advice"])
@pytest.mark.parametrize("flag", [["--max", "3"], ["--max-increase", "20%"], ["--state", "x.json"]])
def test_what_is_about_an_estimate_is_refused(flag: list[str], asked: str, capsys: pytest.CaptureFixture[str]):
    assert run_command(["cost", "screening-dev", asked, *flag]) == exit_codes.CONFIGURATION
    assert "Two choices that exclude each other." in capsys.readouterr().err


def test_what_was_spent_and_what_is_advised_are_two_questions(capsys: pytest.CaptureFixture[str]):
    assert run_command(["cost", "screening-dev", "--actual", "--advice"]) == exit_codes.CONFIGURATION
    assert "what would be enough" in capsys.readouterr().err
